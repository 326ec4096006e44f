"""The ReLU teacher–student model: one definition in every arithmetic, checked against finite differences and known values."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb

from proofcheck import kernel
from proofcheck.algebras.floats import Floats
from proofcheck.algebras.mpmath import Mpmath
from proofcheck.kernel.algebra import Ball, evaluate, precision
from proofcheck.kernel.terms import Term
from proofcheck.models import relu_arrays
from proofcheck.models.relu import DEFINITIONS, Layers, Network

SIZES = [(1, 1, 2), (2, 2, 3), (3, 2, 3), (3, 3, 5)]


def _weights(students: int, teachers: int, dimension: int, *, top: bool = True) -> dict[str, Any]:
    generator = np.random.default_rng(students * 100 + teachers * 10 + dimension)

    def exact(*shape: int) -> Any:
        return [exact(*shape[1:]) for _ in range(shape[0])] if shape else Fraction(int(generator.integers(-999, 999)) or 1, 500)

    found = {"W": exact(students, dimension), "V": exact(teachers, dimension)}
    return {**found, "a": exact(students), "b": exact(teachers)} if top else found


def _arrays(weights: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    w, v = (np.array([[float(x) for x in row] for row in weights[name]]) for name in ("W", "V"))
    a, b = (np.array([float(x) for x in weights[name]]) if name in weights else np.ones(len(rows)) for name, rows in (("a", w), ("b", v)))
    return w, v, a, b


@pytest.mark.parametrize("sizes", SIZES)
def test_arithmetics_agree(sizes: tuple[int, int, int]) -> None:
    """Loss, gradient and Hessian: floats and mpmath lie in or beside the balls, the arrays agree with the terms to 1e-12."""
    network, weights = Network(*sizes), _weights(*sizes)
    terms = (network.loss, *network.gradient, *(entry for row in network.hessian for entry in row))
    floats = np.array([float(value) for value in network.values(terms, Floats(), weights)])
    digits = network.values(terms, Mpmath(40), weights)
    with precision(320):
        for ball, number, value in zip(network.values(terms, Ball(), weights), digits, floats, strict=True):
            assert ball.rad() < 1e-25
            assert abs(float(ball.mid()) - float(number)) < 1e-13
            assert abs(value - float(number)) < 1e-12
    w, v, a, b = _arrays(weights)
    assert abs(relu_arrays.loss(w, v, a, b) - floats[0]) < 1e-12
    assert np.abs(relu_arrays.gradient(w, v, a, b).ravel() - floats[1 : 1 + w.size]).max() < 1e-12
    many = relu_arrays.gradient(np.stack([w, 2 * w]), v, a, b)
    assert np.abs(many[0].ravel() - floats[1 : 1 + w.size]).max() < 1e-12


@pytest.mark.parametrize("sizes", SIZES)
def test_derivatives_are_differences(sizes: tuple[int, int, int]) -> None:
    """Central differences of the closed loss, in 60 digits, give the gradient to 1e-10, and those of the gradient give the Hessian."""
    network, weights = Network(*sizes), _weights(*sizes)
    algebra = Mpmath(60)
    step = Fraction(1, 10**10)
    gradient = network.values(network.gradient, algebra, weights)
    hessian = [network.values(row, algebra, weights) for row in network.hessian]

    def moved(j: int, i: int, by: Fraction) -> dict[str, Any]:
        rows = [list(row) for row in weights["W"]]
        rows[j][i] += by
        return {**weights, "W": rows}

    for j in range(sizes[0]):
        for i in range(sizes[2]):
            up, down = (network.values((network.loss, *network.gradient), algebra, moved(j, i, sign * step)) for sign in (1, -1))
            column = j * sizes[2] + i
            slopes = [(a - b) / (2 * mpmath.mpf(10) ** -10) for a, b in zip(up, down, strict=True)]
            assert abs(slopes[0] - gradient[column]) < 1e-10
            assert max(abs(slope - row[column]) for slope, row in zip(slopes[1:], hessian, strict=True)) < 1e-10


def test_known_values() -> None:
    """The catalogue's gradient at w = (1, 2), w* = (2, -1), and the loss 1 of w = 3 w*."""
    network = Network(1, 1, 2)
    values = network.values((*network.gradient, network.loss), Floats(), {"W": [[1, 2]], "V": [[2, -1]]})
    assert np.allclose([float(value) for value in values[:2]], [-0.15915494, 0.93169011], atol=1e-8)
    (three,) = network.values((network.loss,), Floats(), {"W": [[3, 0]], "V": [[1, 0]]})
    assert abs(float(three) - 1) < 1e-14


def test_terms_are_the_claim_language(claim_file: Callable[..., bytes]) -> None:
    """A claim file that copies the definitions states the same term of the gating, and Theorem 1's value at a right angle is proved."""
    statement = "F([1, 0], [0, 1]) = [1/(2*pi), 1/4]"
    texts = {name: text for name, text in DEFINITIONS.items() if name in ("F(e, w)",)}
    goal = kernel.read(claim_file(statement, define=texts)).entries[0].obligation.goal
    with precision(64):
        assert all(abs(evaluate((part.args[0],), Ball(), {})[0] - evaluate((part.args[1],), Ball(), {})[0]) < 1e-15 for part in goal.args)


def test_sample_mean_is_the_gating() -> None:
    """The mean of xxᵀ[eᵀx>0][wᵀx>0]w over 400,000 samples agrees with F within six standard errors."""
    generator = np.random.default_rng(5)
    e, w = np.array([1.0, 0.5, -1.0]), np.array([0.3, -1.2, 0.4])
    x = generator.standard_normal((400_000, 3))
    terms = x * ((x @ e > 0) * np.maximum(x @ w, 0))[:, None]
    error = terms.std(axis=0) / np.sqrt(len(x))
    assert (np.abs(terms.mean(axis=0) - relu_arrays.pull(e[None], w[None], np.ones(1))[0]) < 6 * error).all()


@pytest.mark.parametrize("nodes", [2, 3, 7])
def test_plane_field_is_the_gradient(nodes: int) -> None:
    """Equation 64 is -2π times the coordinates of the gradient at w_j = (…, x at j, …, y elsewhere)."""
    generator = np.random.default_rng(nodes)
    for x, y in generator.uniform(-1.5, 1.5, (20, 2)):
        w = np.full((nodes, nodes), y) + (x - y) * np.eye(nodes)
        slope = relu_arrays.gradient(w, np.eye(nodes), np.ones(nodes), np.ones(nodes))[0]
        dx, dy = relu_arrays.plane_field(np.asarray(x), np.asarray(y), nodes)
        assert abs(dx + 2 * np.pi * slope[0]) < 1e-7  # the angle of nearly equal vectors is good to 1e-8
        assert np.abs(dy + 2 * np.pi * slope[1:]).max() < 1e-7


def _layer_env(layers: Layers, seed: int) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    env = {f"x_{i}": np.asarray(generator.normal()) for i in range(1, layers.sizes[0] + 1)}
    for c, (width, below) in enumerate(zip(layers.sizes[1:], layers.sizes, strict=False), 1):
        env.update({f"{name}_{c}_{j}_{i}": np.asarray(generator.normal()) for name in "wv" for j in range(1, width + 1) for i in range(1, below + 1)})
    return env


@pytest.mark.parametrize("sizes", [(3, 4), (4, 3, 5), (2, 3, 4, 2)])
def test_proposition_2_is_the_slope(sizes: tuple[int, ...]) -> None:
    """Differences of the sample's loss give the formula of Proposition 2 for every node of every layer, in floats and in balls."""
    layers = Layers(sizes)
    alive = [env for seed in range(8) if _defined(layers, env := _layer_env(layers, seed))]
    assert len(alive) >= 3
    for env in alive[:3]:
        for c in range(1, len(sizes)):
            for j in range(1, sizes[c] + 1):
                for i, term in enumerate(layers.gradient(c, j), 1):
                    assert abs(_slope(layers.loss, env, f"w_{c}_{j}_{i}") - float(evaluate((term,), Floats(), env)[0])) < 1e-6
    with precision(64):
        (ball,) = evaluate((layers.gradient(1, 1)[0],), Ball(), {name: arb(float(value)) for name, value in env.items()})
        assert abs(float(ball.mid()) - float(evaluate((layers.gradient(1, 1)[0],), Floats(), env)[0])) < 1e-12


def _defined(layers: Layers, env: dict[str, Any]) -> bool:
    """Say whether no sum before a gate is 0: a layer without active nodes would make those above it so."""
    return all(float(value) != 0 for _, sums, _ in layers.forward("w") + layers.forward("v") for value in evaluate(tuple(sums), Floats(), env))


def _slope(term: Term, env: dict[str, Any], name: str) -> float:
    up, down = (float(evaluate((term,), Floats(), {**env, name: env[name] + step})[0]) for step in (1e-6, -1e-6))
    return (up - down) / 2e-6
