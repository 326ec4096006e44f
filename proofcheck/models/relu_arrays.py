"""The quantities of ``relu`` for many networks at once, in numpy: for experiments. Tested against the terms."""

from __future__ import annotations

import math

import numpy as np

from ..algebras.floats import Array


def angles(u: Array, v: Array) -> tuple[Array, Array, Array]:
    """Return the angles of all pairs, and the norms. Shapes: (…, K, d), (…, L, d) to (…, K, L), (…, K), (…, L). Radians."""
    left, right = np.linalg.norm(u, axis=-1), np.linalg.norm(v, axis=-1)
    dots = u @ np.swapaxes(v, -1, -2)
    squares = (left[..., :, None] * right[..., None, :]) ** 2
    return np.arctan2(np.sqrt(np.maximum(squares - dots * dots, 0.0)), dots), left, right


def phi1(u: Array, v: Array) -> Array:
    """Return E σ(uᵀx)σ(vᵀx) for all pairs: the order-1 arc-cosine kernel. Shape: (…, K, L)."""
    theta, left, right = angles(u, v)
    return left[..., :, None] * right[..., None, :] * ((np.pi - theta) * np.cos(theta) + np.sin(theta)) / (2 * np.pi)


def pull(e: Array, w: Array, top: Array) -> Array:
    """Return Σ_k top_k F(e_j, w_k) for every direction e_j. Shapes: (…, K, d), (…, L, d), (…, L) to (…, K, d)."""
    theta, length, norms = angles(e, w)
    along = (np.sin(theta) * (top * norms)[..., None, :]).sum(axis=-1) / length
    return np.asarray((((np.pi - theta) * top[..., None, :]) @ w + along[..., None] * e) / (2 * np.pi))


def gradient(w: Array, teacher: Array, top: Array, top_teacher: Array) -> Array:
    """Return E ∇J per sample. Shapes: (…, K, d), (L, d), (K,), (L,) to (…, K, d). Domain: no w_j is zero."""
    return top[..., None] * (pull(w, w, top) - pull(w, teacher, top_teacher))


def loss(w: Array, teacher: Array, top: Array, top_teacher: Array) -> Array:
    """Return E J per sample. Shapes as in ``gradient``, to (…)."""

    def form(a: Array, u: Array, b: Array, v: Array) -> Array:
        return np.asarray((a[..., :, None] * b[..., None, :] * phi1(u, v)).sum(axis=(-1, -2)))

    pairs = form(top, w, top, w) - 2 * form(top, w, top_teacher, teacher) + form(top_teacher, teacher, top_teacher, teacher)
    return np.asarray(np.maximum(pairs / 2, 0.0))


def plane_field(x: Array, y: Array, nodes: int) -> tuple[Array, Array]:
    """Return -(2π/N)(∇x, ∇y) of the symmetric network w_1 = (x, y, …, y) with an orthonormal teacher (Tian 2017, equation 64).

    Domain: (x, y) not the origin, ``nodes`` >= 2.
    """
    others = nodes - 1
    square = x * x + others * y * y
    alpha = 1 / np.sqrt(square)
    theta = np.arctan2(np.sqrt(others) * np.abs(y), x)
    star = np.arctan2(np.sqrt(x * x + (others - 1) * y * y), y)
    phi = 2 * np.arcsin(np.clip(np.abs(x - y) * alpha / math.sqrt(2), 0.0, 1.0))  # |w_1 - w_2| = √2 |x - y|
    s = others * (alpha * np.sin(star) - np.sin(phi)) + alpha * np.sin(theta)
    dx = np.pi - theta - np.pi * x - others * (np.pi - phi) * y + s * x
    dy = np.pi - star - np.pi * y - (np.pi - phi) * (x + (others - 1) * y) + s * y
    return np.asarray(dx), np.asarray(dy)
