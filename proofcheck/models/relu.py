"""The ReLU teacher–student network g(x) = Σ a_j σ(w_jᵀx), x ~ N(0, I): gating, loss, gradient and Hessian of the population.

Each quantity is one text of the claim language (``DEFINITIONS``, and ``definitions`` for a network of stated size): what a claim
file may copy, and what ``Network`` reads with the kernel's parser. Everything is per sample (N = 1).

Source: Tian 2017, Theorem 1 and equations 3, 8, 19; the closed loss is the order-1 arc-cosine kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..kernel.algebra import evaluate
from ..kernel.scope import Scope
from ..kernel.terms import ONE, ZERO, Term, add, div, mul, neg, num, sub, total, var

DEFINITIONS: dict[str, str] = {
    "h(t)": "(pi - t)*cos(t) + sin(t)",
    "phi1(u, v)": "norm(u)*norm(v)*h(angle(u, v))/(2*pi)",
    "F(e, w)": "((pi - angle(e, w))*w + norm(w)*sin(angle(e, w))*e/norm(e))/(2*pi)",
    "beside(w, v)": "v/norm(v) - dot(v, w)/(norm(v)*norm(w)^2)*w",
    "across(w, v)": "beside(w, v)/norm(beside(w, v))",
    "outer(u, v)": "transpose([u])*[v]",
    "h1(w, v)": "sin(angle(w, v))*norm(v)/(2*pi*norm(w))*(identity(d) - outer(w, w)/norm(w)^2 + outer(across(w, v), across(w, v)))",
    "h2(w, v)": "((pi - angle(w, v))*identity(d) + outer(across(v, w), v)/norm(v) + outer(across(w, v), w)/norm(w))/(2*pi)",
}
"""h; the arc-cosine kernel E σ(uᵀx)σ(vᵀx); the gating E xxᵀ[eᵀx>0][wᵀx>0]w of Theorem 1; blocks of the Hessian (``d`` is the dimension)."""


def definitions(students: int, teachers: int) -> dict[str, str]:
    """Return the [define] table of the population loss, its gradient by node and the Hessian's blocks, for W, V (teachers), a, b in scope."""
    pairs = f"sum(j in 1..{students}, sum(k in 1..{students}, a[j]*a[k]*phi1(W[j], W[k])))"
    mixed = f"sum(j in 1..{students}, sum(k in 1..{teachers}, a[j]*b[k]*phi1(W[j], V[k])))"
    fixed = f"sum(j in 1..{teachers}, sum(k in 1..{teachers}, b[j]*b[k]*phi1(V[j], V[k])))"
    table = {**DEFINITIONS, "J": f"({pairs} - 2*({mixed}) + {fixed})/2"}
    table["pull(e)"] = f"sum(k in 1..{students}, a[k]*F(e, W[k])) - sum(k in 1..{teachers}, b[k]*F(e, V[k]))"
    for j in range(1, students + 1):
        table[f"g{j}"] = f"a[{j}]*pull(W[{j}])"
        others = [f"a[{k}]*h1(W[{j}], W[{k}])" for k in range(1, students + 1) if k != j]
        others += [f"-b[{k}]*h1(W[{j}], V[{k}])" for k in range(1, teachers + 1)]
        table[f"H{j}_{j}"] = f"a[{j}]*(a[{j}]/2*identity(d) + {' + '.join(others)})"
        for k in range(1, students + 1):
            if k != j:
                table[f"H{j}_{k}"] = f"a[{j}]*a[{k}]*h2(W[{j}], W[{k}])"
    return table


@dataclass(frozen=True)
class Network:
    """K students and K* teachers in R^d, as kernel terms in the variables W_j_i, V_k_i, a_j, b_k."""

    students: int
    teachers: int
    dimension: int

    @cached_property
    def scope(self) -> Scope:
        """The definitions with their variables, read by the kernel's own reader."""
        scope = Scope(definitions(self.students, self.teachers), {"d": num(self.dimension)}, "models.relu")
        shapes = {"W": f"matrix({self.students}, {self.dimension})", "V": f"matrix({self.teachers}, {self.dimension})"}
        scope.domains({**shapes, "a": f"vector({self.students})", "b": f"vector({self.teachers})"}, "models.relu")
        return scope

    @cached_property
    def loss(self) -> Term:
        """E J = ½ E (Σ a_j σ(w_jᵀx) - Σ b_k σ(v_kᵀx))²."""
        return self.scope.scalar("J")

    @cached_property
    def gradient(self) -> tuple[Term, ...]:
        """E ∇J, node by node. Shape: K·d. Domain: every w_j nonzero."""
        return tuple(entry for j in range(1, self.students + 1) for entry in flat(self.scope.read(f"g{j}", "g")))

    @cached_property
    def hessian(self) -> tuple[tuple[Term, ...], ...]:
        """∇²E J. Shape: K·d by K·d. Domain: no two of the vectors that meet in a block are parallel."""
        blocks = [[self.scope.read(f"H{j}_{k}", "H") for k in range(1, self.students + 1)] for j in range(1, self.students + 1)]
        return tuple(
            tuple(entry for block in row for entry in flat(block[i])) for row in blocks for i in range(self.dimension)  # type: ignore[index]  # blocks are matrices
        )

    def values(self, terms: Sequence[Term], algebra: Any, weights: Mapping[str, Any]) -> list[Any]:
        """Return terms in an algebra; ``weights`` has W, V (rows) and optionally a, b (ones) as exact numbers or numbers of the algebra."""
        env: dict[str, Any] = {}
        for name, rows in (("W", self.students), ("V", self.teachers)):
            env.update({f"{name}_{j + 1}_{i + 1}": into(algebra, weights[name][j][i]) for j in range(rows) for i in range(self.dimension)})
        for name, size in (("a", self.students), ("b", self.teachers)):
            env.update({f"{name}_{j + 1}": into(algebra, weights.get(name, [Fraction(1)] * size)[j]) for j in range(size)})
        return evaluate(tuple(terms), algebra, env)


def into(algebra: Any, value: Any) -> Any:
    """Return an exact number as a number of the algebra; what is one already stays."""
    return algebra.number(Fraction(value)) if isinstance(value, (int, Fraction)) else value


def flat(value: Any) -> tuple[Term, ...]:
    """Return the entries of a vector or matrix of terms, row by row."""
    return tuple(entry for part in value for entry in flat(part)) if isinstance(value, tuple) else (value,)


# -- several layers, for stated inputs ---------------------------------------------------------------------------------------


def relu(z: Term) -> Term:
    """Return σ(z) = max(z, 0)."""
    return Term("max", (z, ZERO))


def gate(z: Term) -> Term:
    """Return 1 for z > 0 and 0 for z < 0, as (1 + |z|/z)/2: without a value at the kink."""
    return div(add(ONE, div(Term("abs", (z,)), z)), num(2))


@dataclass(frozen=True)
class Layers:
    """A bias-free ReLU network beside its teacher at one input x; ``sizes`` are the widths from the input up, input included.

    Variables x_i; w_c_j_i for the student and v_c_j_i for the teacher: node j of layer c (1 is the lowest), input i. All nodes of the
    top layer are summed. Proposition 2 numbers layers from the top; the terms here do not depend on numbers.
    """

    sizes: tuple[int, ...]

    def forward(self, name: str) -> list[tuple[list[Term], list[Term], list[Term]]]:
        """Return for each layer its input, the sums before the gates, and the outputs."""
        inputs = [var(f"x_{i}") for i in range(1, self.sizes[0] + 1)]
        found = []
        for c, width in enumerate(self.sizes[1:], 1):
            sums = [total(mul(var(f"{name}_{c}_{j}_{i}"), value) for i, value in enumerate(inputs, 1)) for j in range(1, width + 1)]
            outputs = [relu(z) for z in sums]
            found.append((inputs, sums, outputs))
            inputs = outputs
        return found

    @property
    def loss(self) -> Term:
        """J = ½ (Σ u_j - Σ u*_j)² over the top layers."""
        gap = sub(total(self.forward("w")[-1][2]), total(self.forward("v")[-1][2]))
        return div(mul(gap, gap), num(2))

    def inflows(self, name: str) -> list[list[Term]]:
        """Return Q for each layer from the lowest up: 1 at the top, Q_k = Σ_j w_jk D_j Q_j below."""
        forward = self.forward(name)
        found = [[ONE] * self.sizes[-1]]
        for c in range(len(self.sizes) - 1, 1, -1):
            above = list(zip(forward[c - 1][1], found[0], strict=True))
            below = range(1, self.sizes[c - 1] + 1)
            found.insert(0, [total(mul(mul(var(f"{name}_{c}_{j}_{k}"), gate(z)), q) for j, (z, q) in enumerate(above, 1)) for k in below])
        return found

    def gradient(self, c: int, j: int) -> tuple[Term, ...]:
        """Return ∇J for node j of layer c by Proposition 2: X_cᵀ D_j Q_j Σ_j' (Q_j' u_j' - Q*_j' u*_j')."""
        student, teacher = self.forward("w")[c - 1], self.forward("v")[c - 1]
        q, q_star = self.inflows("w")[c - 1], self.inflows("v")[c - 1]
        gap = add(total(mul(a, u) for a, u in zip(q, student[2], strict=True)), neg(total(mul(a, u) for a, u in zip(q_star, teacher[2], strict=True))))
        return tuple(mul(mul(value, mul(gate(student[1][j - 1]), q[j - 1])), gap) for value in student[0])
