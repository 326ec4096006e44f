"""Names and what they stand for: formulas are read in a scope, which turns them into terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from .algebra import ball_sign, has_value
from .calculus import derivative, gradient, hessian
from .errors import Malformed, Place
from .exact import is_zero
from .parse import is_name, parse, parse_domain, suggestion
from .terms import (
    BINDERS,
    CONNECTIVES,
    FUNCTIONS,
    ONE,
    OPAQUE,
    RANDOM,
    REALS,
    RELATIONS,
    TRUE,
    ZERO,
    Domain,
    Term,
    add,
    conjuncts,
    mul,
    num,
    postorder,
    power,
    rational,
    sub,
    substitute,
    var,
    variables,
)
from .vectors import MAX_EXPONENT, MAX_MATRIX, VECTOR_FUNCTIONS, Value, arithmetic, each, flatten, matrix, refuse_arity, relation

MAX_RANGE, MAX_VARIABLES, MAX_WORK = 1_000_000, 400, 150_000

TRAJECTORY = ("limit", "always", "decreases", "increases")
DISTRIBUTIONS = {"normal": (0, 1), "sphere": (1,), "ball": (1,), "cube": (1,), "uniform": (2,)}
"""The distributions of ``[random]`` by how many arguments they take: standard Gaussian, uniform on the unit sphere, in the unit ball,
on [-1/2, 1/2]^d, on (a, b)."""
SPECIAL = ("gradient", "hessian", "eigenvalue")
OPERATORS = ("E", "P", "gradient", "hessian")
"""What cannot be defined with arguments; a number may have such a name."""
RESERVED = (*FUNCTIONS, *VECTOR_FUNCTIONS, "min", "max", "factorial", "eigenvalue")
HEAD = re.compile(r"\s*([A-Za-z]\w*)\s*(?:\(([^()]*)\))?\s*", re.ASCII)
WORD = re.compile(r"[A-Za-z]\w*", re.ASCII)
SHAPE = re.compile(r"\s*(vector|matrix)\s*\(([^()]*)\)\s*(?:in\s+(.*))?", re.ASCII)
INTEGER = re.compile(r"\s*integer(?:\s+in\s+(.*))?")


class Scope:
    """Names and what they stand for: constants of the instance, variables with domains, definitions elaborated on demand.

    Scoping is lexical: ``local`` holds the parameters, bound variables and indices of the text being read. The body of a
    definition sees its own parameters and the file's names, never those of the place that uses it.
    """

    def __init__(self, definitions: Mapping[str, Any], constants: Mapping[str, Term], key: str, measured: Mapping[str, Any] | None = None) -> None:
        self.key = key
        self.measured = measured or {}
        self.values: dict[str, Value] = dict(constants)
        self.constants = dict(constants)
        self.local: dict[str, Value] = {}
        self.expanded: dict[str, Value] = {}
        self.whole: set[str] = set()
        self.box: dict[str, Domain] = {}
        self.sought: frozenset[str] = frozenset()
        self.random: dict[str, Any] = {}
        self.measure: dict[str, str] = {}
        self.definitions: dict[str, tuple[tuple[str, ...], Any]] = {}
        self.open: list[str] = []
        self.work = 0
        self.depth = 0
        if not isinstance(definitions, Mapping):
            raise wrong(key, definitions, "a table of formulas")
        self.raw = definitions
        for left, right in definitions.items():
            head = HEAD.fullmatch(left)
            name = head[1] if head else left
            parameters = tuple(part.strip() for part in head[2].split(",")) if head and head[2] is not None else ()
            if not head or not all(map(is_name, (name, *parameters))) or name in RESERVED or (name in OPERATORS and head[2] is not None):
                raise Malformed("PC204", f"{left!r} cannot be defined.", hint='A definition is named like "D", or "h(t)" with arguments.').at(key=key)
            if name in self.definitions or name in constants:
                raise Malformed("PC210", f"`{name}` is defined twice.").at(key=key)
            if len(set(parameters)) != len(parameters):
                raise Malformed("PC210", f"{left!r} has two arguments of the same name.").at(key=key)
            self.definitions[name] = (parameters, right)

    def domains(self, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Read ``[for_all]`` into this scope; return the table."""
        if not isinstance(table, Mapping):
            raise wrong(key, table, "a table of domains")
        pending = dict(sorted(table.items()))
        for name, text in pending.items():
            if not is_name(name):
                raise Malformed("PC204", f"{name!r} cannot name a variable.").at(key=key)
            if name in self.constants or name in self.definitions:
                raise Malformed("PC210", f"`{name}` is both quantified and defined.").at(key=f"{key}, key `{name}`")
            if not isinstance(text, str):
                raise wrong(f"{key}, key `{name}`", text, 'a domain such as "(0, 1]", "real" or "vector(3)"')
        waiting = pending
        while waiting:
            uses = {name: set(WORD.findall(text)) - {name} for name, text in waiting.items()}
            ready = [name for name in waiting if not uses[name] & set(waiting)]
            if not ready:
                raise Malformed("PC208", f"The domains of {', '.join(waiting)} depend on each other.").at(key=key)
            for name in ready:
                self.declare(name, waiting[name], f"{key}, key `{name}`")
            waiting = {name: text for name, text in waiting.items() if name not in ready}
        return dict(table)

    def to_find(self, table: Mapping[str, Any], others: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Read ``[exists]`` into this scope, after ``[for_all]``; return the table."""
        table = strings(table, key)
        for name in table:
            if name in others:
                raise Malformed("PC210", f"`{name}` is both given and to be found.", hint="It stands in `for_all` or in `exists`.").at(key=key)
        known = set(self.box)
        self.domains(table, key)
        self.sought = frozenset(set(self.box) - known)
        for name in sorted(self.sought):
            ends = [end for end in (self.box[name].lower, self.box[name].upper) if end is not None]
            if any(variables(end) & self.sought for end in ends):
                what = f"The domain of `{name}` uses another name that is to be found."
                raise Malformed("PC208", what, hint="Write the condition as a relation.").at(key=key)
        return dict(table)

    def extended(self, base: Mapping[str, Any], more: Any, there: Mapping[str, Any], key: str) -> Scope:
        """Return a scope with some domains replaced or added, and with what is to be found; definitions are read again against it."""
        if not more and not there and not self.sought:
            return self
        scope = Scope(self.raw, self.constants, self.key, self.measured)
        domains = {**base, **strings(more, f"{key}, for_all")}
        scope.domains(domains, f"{key}, for_all")
        scope.to_find(there, domains, f"{key}, exists")
        scope.distributions(self.random, key)
        return scope

    def distributions(self, table: Mapping[str, Any], key: str) -> None:
        """Read ``[random]`` into this scope: independent random names, each a number or a vector of the coordinates ``~x_1``, ….

        A name that is uniform on (a, b) stands for a + (b - a)*~x with ~x uniform on (0, 1).
        """
        self.random = strings(table, key)
        for name, text in sorted(self.random.items()):
            if not is_name(name):
                raise Malformed("PC204", f"{name!r} cannot name a random variable.").at(key=key)
            try:
                self.values[name] = self.distributed(name, text)
            except Malformed as error:
                raise error.at(key=f"{key}, key `{name}`") from None

    def distributed(self, name: str, text: Any) -> Value:
        """Return what a random name stands for."""
        if name in self.constants or name in self.definitions or name in self.values:
            raise Malformed("PC210", f"`{name}` is both random and something else.")
        node = parse(text) if isinstance(text, str) else ONE
        kind, args = str(node.value), node.args
        if node.op not in ("name", "call") or len(args) not in DISTRIBUTIONS.get(kind, ()) or (node.op == "call" and not args):
            raise wrong("", text, 'a distribution such as "normal", "normal(3)", "sphere(3)", "ball(3)", "cube(3)" or "uniform(0, 1)"')
        if kind == "uniform":
            low, high = (self.scalar_term(self.value(arg), text) for arg in args)
            if any(end.startswith(RANDOM) for end in low.free | high.free):
                raise Malformed("PC113", "The ends of a uniform distribution are not random.")
            return add(low, mul(sub(high, low), self.chance(name, f"{name} uniform 0")))
        if not args:
            return self.chance(name, f"{name} {kind} 0")
        size = self.dimension(self.value(args[0]), text, "")
        return tuple(self.chance(f"{name}_{i}", f"{name} {kind} {size}") for i in range(1, size + 1))

    def chance(self, name: str, measure: str) -> Term:
        """Return a coordinate of a random name."""
        if len(self.measure) >= MAX_VARIABLES:
            raise Malformed("PC106", f"A claim has at most {MAX_VARIABLES} random numbers.")
        if RANDOM + name in self.measure:
            raise Malformed("PC210", f"The random number `{name}` appears twice; an entry of a vector has the same name.")
        self.measure[RANDOM + name] = measure
        return var(RANDOM + name)

    def declare(self, name: str, text: str, key: str) -> None:
        """Add one variable, or the entries of a vector or matrix."""
        shape = SHAPE.fullmatch(text)
        if shape is None:
            self.values[name] = self.variable(name, self.domain(text, key))
            return
        sizes = [self.size(part, key) for part in shape[2].split(",")]
        domain = self.domain(shape[3], key) if shape[3] else REALS
        if len(sizes) != (1 if shape[1] == "vector" else 2):
            raise Malformed("PC109", "A vector has one dimension, a matrix two.", Place(text=text, length=len(text))).at(key=key)
        if shape[1] == "vector":
            self.values[name] = tuple(self.variable(f"{name}_{i}", domain) for i in range(1, sizes[0] + 1))
        else:
            rows, columns = sizes
            self.values[name] = tuple(tuple(self.variable(f"{name}_{i}_{j}", domain) for j in range(1, columns + 1)) for i in range(1, rows + 1))

    def variable(self, name: str, domain: Domain) -> Term:
        if len(self.box) >= MAX_VARIABLES:
            raise Malformed("PC106", f"A claim has at most {MAX_VARIABLES} variables.")
        if name in self.box:
            raise Malformed("PC210", f"The variable `{name}` appears twice; an entry of a vector has the same name.")
        self.box[name] = domain
        return var(name)

    def size(self, text: str, key: str) -> int:
        return self.dimension(self.value(parse(text)), text, key)

    def dimension(self, size: Value, text: str, key: str) -> int:
        value = rational(self.scalar_term(size, text))
        if value is None or value.denominator != 1 or not 1 <= value <= MAX_MATRIX * MAX_MATRIX:
            raise Malformed("PC110", f"The dimension {text.strip()!r} is not a whole number from 1 to {MAX_MATRIX * MAX_MATRIX}.").at(key=key)
        return int(value)

    def domain(self, text: str, key: str) -> Domain:
        """Return the domain that ``text`` writes; an empty one is an error (PC109)."""
        try:
            integer = INTEGER.fullmatch(text)
            if text.strip() == "real" or (integer and not integer[1]):
                return Domain(None, None, lower_closed=False, upper_closed=False, integer=bool(integer))
            lower, upper, left, right = parse_domain(integer[1] if integer else text)
            ends = [None if end is None else self.scalar_term(self.value(end), text) for end in (lower, upper)]
            if any(end is not None and end.opaque for end in ends):
                raise Malformed("PC107", "The end of a domain cannot be measured.", Place(text=text, length=len(text)))
            domain = Domain(ends[0], ends[1], left, right, bool(integer))
            if empty(domain):
                what = f"The domain {text.strip()} is empty, or its ends cannot be told apart."
                raise Malformed("PC109", what, Place(text=text, length=len(text)), "The lower end comes first.")
        except Malformed as error:
            raise error.at(key=key) from None
        return domain

    def formulas(self, texts: Any, key: str) -> tuple[Term, ...]:
        """Return the conjuncts of a list of formulas."""
        if not isinstance(texts, list):
            raise wrong(key, texts, "a list of formulas")
        found = tuple(part for text in texts for part in conjuncts(self.formula(text, key)))
        if any(part.opaque for part in found):
            raise Malformed("PC107", "A hypothesis cannot be measured.", hint="It selects the starts; what happens then is for the statement.").at(key=key)
        return found

    def formula(self, text: Any, key: str) -> Term:
        """Return the formula that ``text`` writes."""
        value = self.read(text, key)
        if isinstance(value, tuple) or value.op not in RELATIONS + CONNECTIVES:
            raise Malformed("PC107", "A relation is expected here, such as `a < b` or `a = b`.", Place(text=str(text), length=len(str(text)))).at(key=key)
        chances = sorted(name for name in value.free if name.startswith(RANDOM))
        if chances:
            what = f"`{chances[0].removeprefix(RANDOM)}` is random and stands outside E(…) and P(…)."
            raise Malformed("PC113", what, _span(Place(), str(text), what)).at(key=key)
        return value

    def scalar(self, text: Any) -> Term:
        """Return the number that ``text`` (or a whole number of the file) writes."""
        return self.scalar_term(self.read(text, self.key), str(text))

    def point(self, table: Any, key: str) -> dict[str, Term]:
        """Return exact values for variables, by name; a vector takes a list."""
        if not isinstance(table, Mapping):
            raise wrong(f"{key}, key `at`", table, "a table of numbers")
        values: dict[str, Term] = {}
        for name, text in table.items():
            if name not in self.values or name in self.constants or name in self.random:
                known = [n for n in self.values if n not in self.constants and n not in self.random]
                raise Malformed("PC104", f"`{name}` is not a variable of this claim.", hint=suggestion(name, known)).at(key=f"{key}, at")
            flat, numbers = list(flatten(self.values[name])), list(flatten(self.read(text, f"{key}, at.{name}")))
            if len(flat) != len(numbers) or any(variables(value) for value in numbers):
                raise Malformed("PC107", f"`{name}` takes {len(flat)} exact number(s) without variables.").at(key=f"{key}, at.{name}")
            values.update({str(variable.value): value for variable, value in zip(flat, numbers, strict=True)})
        return values

    def read(self, text: Any, key: str) -> Value:
        """Return the value of a formula text, a whole number, or a list of them (a vector)."""
        try:
            if isinstance(text, list):
                return self.entries_of([self.read(item, key) for item in text])
            if isinstance(text, bool) or not isinstance(text, (str, int)):
                raise wrong(key, text, "a formula in quotes")
            return self.value(parse(str(text)))
        except Malformed as error:
            place = error.place if error.place.text or not isinstance(text, str) else _span(error.place, text, error.what)
            raise Malformed(error.code.split()[0], error.what, place, error.hint).at(key=key) from None

    @staticmethod
    def entries_of(values: list[Value]) -> Value:
        """Return a vector of numbers or of vectors."""
        if any(isinstance(value, Term) and value.op in RELATIONS + CONNECTIVES for value in values):
            raise Malformed("PC107", "The entries of a vector are numbers, not relations.")
        return tuple(values)

    def scalar_term(self, value: Value, text: str) -> Term:
        if isinstance(value, tuple) or value.op in RELATIONS + CONNECTIVES:
            raise Malformed("PC107", "A number is expected here.", Place(text=text, length=len(text)))
        return value

    # -- from parsed to elaborated terms ---------------------------------------------------------------------------------

    def value(self, node: Term) -> Value:
        """Return the elaborated value of a parsed term."""
        self.spend(1)
        op, args = node.op, node.args
        if op in ("num", "pi", "var"):
            return node
        if op == "name":
            return self.named(str(node.value))
        if op == "call":
            return self.call(str(node.value), args)
        if op == "vector":
            return self.entries_of([self.value(arg) for arg in args])
        if op == "index":
            return self.indexed(node)
        if op == "binder":
            return self.ranged(node)
        if op == "power":
            return self.powered(self.value(args[0]), self.value(args[1]), args[1])
        values = [self.value(arg) for arg in args]
        if op in CONNECTIVES:
            for value in values:
                if isinstance(value, tuple) or value.op not in RELATIONS + CONNECTIVES:
                    raise Malformed("PC107", f"`{op}` joins relations such as a < b.")
            return Term(op, tuple(value for value in values if isinstance(value, Term)))
        if op in RELATIONS:
            return relation(op, *values)
        if op == "mul" and isinstance(values[0], tuple) and isinstance(values[1], tuple):
            self.spend(3 * len(list(flatten(values[0]))) * len(list(flatten(values[1]))) // max(len(values[1]), 1))
        return arithmetic(op, *values)

    def spend(self, steps: int) -> None:
        """Count the work of expanding, and stop where it gets out of hand (PC106)."""
        self.work += steps
        if self.work > MAX_WORK:
            raise Malformed("PC106", f"Expanding the definitions takes more than {MAX_WORK} steps.", hint="Shorten the sums or the nesting of definitions.")

    def named(self, name: str) -> Value:
        for known in (self.local, self.values, self.expanded):
            if name in known:
                return known[name]
        if name not in self.definitions:
            if name in self.measured.get("experiment", {}).get("measures", ()):
                return self.measurement(name)
            if name == "inf":
                raise Malformed("PC104", "`inf` is used as an end of a domain or of an integral only.")
            names = list(dict.fromkeys([*self.local, *self.values, *self.definitions, *self.measured.get("experiment", {}).get("measures", ())]))
            raise Malformed("PC104", f"`{name}` is not defined.", hint=suggestion(name, names))
        parameters, text = self.definitions[name]
        if parameters:
            raise Malformed("PC107", f"`{name}` takes {len(parameters)} argument(s): {name}({', '.join(parameters)}).")
        self.expanded[name] = self.body(name, text, {})
        return self.expanded[name]

    def body(self, name: str, text: Any, arguments: dict[str, Value]) -> Value:
        """Return the value of a definition's text, in which only its own arguments are local."""
        if name in self.open:
            raise Malformed("PC208", f"`{name}` is defined by itself: {' -> '.join([*self.open, name])}.")
        self.open.append(name)
        outside, self.local = self.local, arguments
        value = self.read(text, f"[define], key `{name}`")
        self.local = outside
        self.open.pop()
        return value

    def call(self, name: str, args: tuple[Term, ...]) -> Value:
        if name in ("E", "P"):
            return self.expected(name, args)
        if name in self.definitions:
            parameters, text = self.definitions[name]
            if len(args) != len(parameters):
                raise Malformed("PC107", f"`{name}` takes {len(parameters)} argument(s), not {len(args)}.")
            return self.body(name, text, dict(zip(parameters, [self.value(arg) for arg in args], strict=True)))
        if name == "diff":
            return self.differentiated(args)
        if name == "integral":
            return self.integrated(args)
        if name in ("gradient", "hessian"):
            return self.differential(name, args)
        values = [self.value(arg) for arg in args]
        if name in TRAJECTORY and "flow" in self.measured:
            return self.trajectory(name, values[0]) if len(values) == 1 else refuse_arity(name, 1, len(values))
        if name in VECTOR_FUNCTIONS:
            function, wanted = VECTOR_FUNCTIONS[name]
            return function(*values) if len(values) == wanted else refuse_arity(name, wanted, len(values))
        if name == "eigenvalue":
            return self.eigenvalue(values)
        scalars = [self.scalar_term(value, f"{name}(…)") for value in values]
        if name in ("min", "max") and len(scalars) >= 2:
            result = scalars[0]
            for scalar in scalars[1:]:
                result = Term(name, (result, scalar))
            return result
        if name == "factorial" and len(scalars) == 1:
            return Term("gamma", (add(scalars[0], ONE),))
        if name not in FUNCTIONS:
            known = [*FUNCTIONS, "min", "max", "factorial", "sum", "prod", "diff", "integral", "E", "P", *SPECIAL, *VECTOR_FUNCTIONS, *self.definitions]
            hint = suggestion(name, known).replace("Names in scope", "Functions")
            raise Malformed("PC105", f"`{name}` is not a function of the formula language.", hint=hint)
        return _function(name, scalars[0]) if len(scalars) == 1 else refuse_arity(name, 1, len(scalars))

    def trajectory(self, kind: str, quantity: Value) -> Value:
        """Return what ``kind`` says of a quantity along the flow: a number for limit, a relation for the others.

        The opaque term has the quantity, the field and the start as arguments, and binds the state variables in the first two.
        """
        if isinstance(quantity, tuple):
            return tuple(self.trajectory(kind, part) for part in quantity)
        if (quantity.op in RELATIONS + CONNECTIVES) != (kind == "always"):
            raise Malformed("PC107", f"`{kind}` takes {'a relation, as in always(x > 0)' if kind == 'always' else 'a number'}.")
        starts: list[Term] = []
        field: list[Term] = []
        if "[flow]" in self.open:
            raise Malformed("PC208", "The field of the flow is defined by what is measured along it.")
        self.open.append("[flow]")
        outside, self.local = self.local, {}
        for name, text in sorted(self.measured["flow"].items()):
            state, speed = list(flatten(self.values[name])), list(flatten(self.read(text, f"[flow], key `{name}`")))
            if len(state) != len(speed):
                raise Malformed("PC107", f"`{name}` has {len(state)} entries, its derivative in [flow] has {len(speed)}.")
            starts += state
            field += speed
        self.local = outside
        self.open.pop()
        if self.depth or any(part.opaque for part in (quantity, *field)):
            raise Malformed("PC107", f"`{kind}` cannot stand inside of an integral or of another measured quantity.")
        bound = {str(state.value): var(f"_s{i}") for i, state in enumerate(starts, 1)}
        inside = tuple(substitute(part, bound) for part in (quantity, *field))
        term = Term(OPAQUE, (*inside, *starts), f"flow {kind} {len(starts)}")
        return term if kind == "limit" else Term("eq", (term, ONE))

    def measurement(self, name: str) -> Term:
        """Return a measurement of the experiment; its arguments are the values of the parameters, those of the full size last."""
        table = self.measured["experiment"]
        values: list[Term] = []
        shapes: list[str] = []
        if "[experiment]" in self.open:
            raise Malformed("PC208", "A parameter of the experiment is defined by what the experiment measures.")
        self.open.append("[experiment]")
        outside, self.local = self.local, {}
        for part in ("parameters", "full"):
            shape = []
            for key, text in sorted(table.get(part, {}).items()):
                value = self.read(text, f"[experiment.{part}], key `{key}`")
                flat = list(flatten(value))
                if any(variables(entry) or entry.op in RELATIONS + CONNECTIVES for entry in flat):
                    raise Malformed("PC107", "A parameter is a number without variables, or a list of them.").at(key=f"[experiment.{part}], key `{key}`")
                values += flat
                shape.append(f"{key}:{len(flat) if isinstance(value, tuple) else ''}")
            shapes.append(",".join(shape))
        self.local = outside
        self.open.pop()
        return Term(OPAQUE, tuple(values), f"experiment {name} {table['name']} {table.get('seed', 1)} {shapes[0]}/{shapes[1]}")

    def differentiated(self, args: tuple[Term, ...]) -> Value:
        if len(args) not in (2, 3):
            refuse_arity("diff", 2, len(args))
        name = self.value(args[1])
        count = rational(self.scalar_term(self.value(args[2]), "diff")) if len(args) == 3 else Fraction(1)
        if isinstance(name, tuple) or name.op != "var" or count is None or count not in range(1, 9):
            raise Malformed("PC107", "diff takes a term, a variable, and at most a whole number of times up to 8.", hint="Example: diff(f, x, 2).")
        if self.is_whole(name):
            raise Malformed("PC111", f"`{name.value}` is a whole number; nothing is differentiated by it.")
        value = self.value(args[0])
        self.unambiguous(str(name.value), args)
        for _ in range(int(count)):
            self.spend(len(postorder(flatten(value))))
            value = each(value, lambda term: derivative(term, str(name.value)))
        return value

    def unambiguous(self, name: str, args: tuple[Term, ...]) -> None:
        """Raise Malformed where diff(f, x) depends on whether arguments of a definition are put in before or after: h(t) = diff(x*t, t) at t = x.

        That is where x stands in f both through an argument and otherwise; or only otherwise, while the variable is an argument.
        """
        used = {str(node.value) for node in postorder((args[1],)) if node.op == "name"} & set(self.local)
        through = [key for key, value in self.local.items() if any(name in term.free for term in flatten(value)) and (key in used or not used)]
        if not through:
            return
        outside = self.local
        self.local = {**outside, **{key: each(outside[key], lambda term: substitute(term, {name: var("_new")})) for key in through}}
        free = frozenset().union(*(term.free for term in flatten(self.value(args[0]))))
        self.local = outside
        if name in free and (used or "_new" in free):
            shown = name if not name.startswith("_") else "the variable"
            what = f"{shown} stands in the term both as an argument of the definition and by itself."
            raise Malformed("PC111", what, hint="Write the derivative outside of the definition.")

    def differential(self, kind: str, args: tuple[Term, ...]) -> Value:
        """Return gradient(V, f, P) or hessian(V, f, P): derivatives of V -> f at V = P, for numbers, vectors and matrices P."""
        if len(args) != 3 or args[0].op != "name" or not is_name(str(args[0].value)):
            raise Malformed("PC107", f"A {kind} is written {kind}(V, f, P): variable, term, point.", hint=f"Example: {kind}(v, dot(v, v), [1, 2]).")
        self.unused(str(args[0].value))
        point = self.value(args[2])
        flat = list(flatten(point))
        if not flat or len(flat) > MAX_MATRIX or any(entry.op in RELATIONS + CONNECTIVES for entry in flat):
            raise Malformed("PC107", f"The point of a {kind} has from 1 to {MAX_MATRIX} numbers.")
        self.depth += 1
        names = tuple(f"_new{self.depth}_{i}" for i in range(len(flat)))
        fresh = iter(names)
        outside, self.local = self.local, {**self.local, str(args[0].value): each(point, lambda _: var(next(fresh)))}
        body = self.scalar_term(self.value(args[1]), kind)
        self.local = outside
        self.depth -= 1
        entries, visited = (gradient if kind == "gradient" else hessian)(body, names, tuple(flat))
        self.spend(visited // 8)  # it takes less than expanding them
        parts = iter(entries)
        return each(point, lambda _: next(parts)) if kind == "gradient" else tuple(tuple(next(parts) for _ in flat) for _ in flat)

    def eigenvalue(self, values: list[Value]) -> Term:
        """Return an eigenvalue as a term. The matrix must be symmetric: identical terms on both sides, or equal normal forms."""
        if len(values) != 2:
            refuse_arity("eigenvalue", 2, len(values))
        rows = matrix(values[1], "The second argument of eigenvalue")
        k = rational(self.scalar_term(values[0], "eigenvalue"))
        if len(rows) != len(rows[0]):
            raise Malformed("PC107", "eigenvalue takes a square matrix.")
        if k is None or k.denominator != 1 or not 1 <= k <= len(rows):
            raise Malformed("PC110", f"eigenvalue(k, M) is the k-th smallest; k is a whole number from 1 to {len(rows)}.")
        entries = []
        for i, row in enumerate(rows):
            for j in range(i + 1):
                above = rows[j][i]
                if row[j] is not above and not is_zero(sub(row[j], above)):
                    what = f"The matrix is not shown to be symmetric: its entries [{i + 1}, {j + 1}] and [{j + 1}, {i + 1}] differ."
                    raise Malformed("PC107", what, hint="eigenvalue(k, M) is for symmetric matrices.")
                entries.append(row[j] if row[j] is above else add(row[j], mul(ZERO, above)))  # both must have values
        return Term("eigenvalue", tuple(entries), int(k))

    def integrated(self, args: tuple[Term, ...]) -> Term:
        if len(args) != 4 or args[0].op != "name" or not is_name(str(args[0].value)):
            raise Malformed("PC107", "An integral is written integral(p, f, a, b): variable, integrand, ends.")
        ends = tuple(self.end(arg) for arg in args[2:])
        bound, body = self.bound(str(args[0].value), args[1], "integrand")
        return Term("integral", (body, *ends), bound)

    def expected(self, name: str, args: tuple[Term, ...]) -> Value:
        """Return E(f), E(f, A) = E[f; A], the mean of f over the event A, or P(A) = E[1; A]; of a vector, entry by entry."""
        if len(args) not in ((1, 2) if name == "E" else (1,)):
            refuse_arity(name, 1, len(args))
        body = self.value(args[0]) if name == "E" else ONE
        event = self.value(args[-1]) if name == "P" or len(args) == 2 else TRUE
        if isinstance(event, tuple) or event.op not in RELATIONS + CONNECTIVES:
            raise Malformed("PC107", "An event is a relation of random names, such as P(x < 1).")
        if not any(part.startswith(RANDOM) for term in (*flatten(body), event) for part in term.free):
            raise Malformed("PC113", f"{name}(…) is taken over random names, and there is none in it.", hint="Declare them in [random].")

        def mean(term: Term) -> Term:
            used = sorted({self.measure[part] for part in term.free | event.free if part.startswith(RANDOM)})
            if term.opaque or event.opaque:
                raise Malformed("PC113", "An expectation stands over what is measured itself.", hint="Write a variance as E(f^2) - E(f)^2.")
            if not used and event is not TRUE:  # the mean over such an event is 0 where it fails
                raise Malformed("PC113", f"In {name}(…) neither the event nor an entry of what stands over it is random.")
            return Term(OPAQUE, (term, event), "monte_carlo " + "; ".join(used)) if used else term

        return each(body, mean)

    def unused(self, name: str) -> None:
        """Raise Malformed where a bound name is one of the file's.

        Definitions that use the file's would not see the bound one: with D = "x^2", integral(x, D, 0, 1) would be x^2.
        """
        if name in self.values or name in self.definitions:
            raise Malformed("PC210", f"`{name}` is bound here, and a name of the file.", hint="Choose another name for the bound variable.")

    def end(self, node: Term) -> Term:
        sign, inner = ("neg", node.args[0]) if node.op == "neg" else ("", node)
        if inner.op == "name" and inner.value == "inf":
            return Term("inf", (), 1 if not sign else -1)
        return self.scalar_term(self.value(node), "end of an integral")

    def bound(self, name: str, node: Term, what: str, *, whole: bool = False) -> tuple[str, Term]:
        """Return the canonical name of a bound variable, and the body with it.

        ``_k`` binds a body in which binders are nested k - 1 deep. So the name does not depend on where the text stands, and it
        differs from every name bound inside.
        """
        self.unused(name)
        self.depth += 1
        fresh = f"_new{self.depth}"
        outside, self.local = self.local, {**self.local, name: var(fresh)}
        self.whole |= {fresh} if whole else set()
        body = self.scalar_term(self.value(node), what)
        if body.opaque:
            raise Malformed("PC107", f"What is measured cannot stand in the {what} of an integral or a sum.")
        self.local = outside
        self.whole.discard(fresh)
        self.depth -= 1
        height = 1 + max((int(str(inner.value)[1:]) for inner in postorder([body]) if inner.op in BINDERS), default=0)
        return f"_{height}", substitute(body, {fresh: var(f"_{height}")})

    def ranged(self, node: Term) -> Value:
        name, kind = str(node.value).split()
        if not is_name(name):
            raise Malformed("PC101", f"`{name}` cannot name an index.")
        ends = [self.scalar_term(self.value(arg), f"range of {kind}") for arg in node.args[:2]]
        first, last = (rational(end) for end in ends)
        self.unused(name)
        if kind == "sum" and (first is None or last is None) and all(map(self.is_whole, ends)):
            bound, body = self.bound(name, node.args[2], "summand", whole=True)
            return Term("sum", (body, *ends), bound)
        if first is None or last is None or first.denominator != 1 or last.denominator != 1:
            raise Malformed("PC110", f"The range of {name} runs from {ends[0]} to {ends[1]}; both must be whole numbers.")
        if last - first > MAX_RANGE:
            raise Malformed("PC106", f"The range of {name} has {num(last - first + 1)} terms; {MAX_RANGE} are allowed.")
        self.spend(max(int(last - first), 0))
        outside, result = self.local, None
        for k in range(int(first), int(last) + 1):
            self.local = {**outside, name: num(k)}
            part = self.value(node.args[2])
            result = part if result is None else arithmetic("add" if kind == "sum" else "mul", result, part)
        self.local = outside
        return (ZERO if kind == "sum" else ONE) if result is None else result

    def is_whole(self, end: Term) -> bool:
        """Say whether a term is a whole number wherever its variables are: a sum between other ends has no meaning."""
        for node in postorder([end]):
            number = rational(node)
            name = str(node.value)
            whole = name in self.whole or (name in self.box and self.box[name].integer) if node.op == "var" else node.op in ("add", "sub", "neg", "mul")
            if not (whole if number is None else number.denominator == 1):
                return False
        return True

    def indexed(self, node: Term) -> Value:
        value = self.value(node.args[0])
        for arg in node.args[1:]:
            at = self.scalar_term(self.value(arg), "index")
            index = rational(at)
            if not isinstance(value, tuple):
                raise Malformed("PC107", "Only vectors and matrices have entries.")
            if index is None or index.denominator != 1 or not 1 <= index <= len(value):
                raise Malformed("PC110", f"The index {at} is not a whole number from 1 to {len(value)}.")
            value = value[int(index) - 1]
        return value

    def powered(self, base: Value, exponent: Value, node: Term) -> Value:
        number = rational(exponent) if isinstance(exponent, Term) else None
        if isinstance(base, tuple) or base.op in RELATIONS + CONNECTIVES:
            raise Malformed("PC107", "Only numbers have powers.", hint="Write the product, or norm(v)^2.")
        if number is not None and number.denominator == 1:
            if abs(number) > MAX_EXPONENT:
                raise Malformed("PC106", f"The exponent is beyond {MAX_EXPONENT}.")
            return power(base, int(number))
        if number is not None and number.denominator == 2 and abs(number) <= MAX_EXPONENT:
            return power(Term("sqrt", (base,)), int(2 * number))
        raise Malformed("PC108", "An exponent is a whole number or a half.", hint=f"Write exp({node}*log(…)) for a general power of a positive number.")


def _function(name: str, argument: Term) -> Term:
    if name == "gamma" and (value := rational(argument)) is not None and abs(value) > MAX_EXPONENT:
        raise Malformed("PC106", f"gamma of a number beyond {MAX_EXPONENT}.")
    return Term(name, (argument,))


def empty(domain: Domain) -> bool:
    """Say whether a domain is not certainly inhabited. Ends that use other variables count as inhabited: they are checked by cases."""
    ends = [end for end in (domain.lower, domain.upper) if end is not None and not variables(end)]
    if not all(map(has_value, ends)):
        return True
    if domain.lower is None or domain.upper is None or len(ends) != 2:
        return False
    if domain.integer:
        low, high = rational(domain.lower), rational(domain.upper)
        if low is None or high is None:
            return True
        first = floor(low) + 1 if low.denominator != 1 or not domain.lower_closed else int(low)
        last = ceil(high) - 1 if high.denominator != 1 or not domain.upper_closed else int(high)
        return first > last
    if domain.lower is domain.upper:
        return not (domain.lower_closed and domain.upper_closed)
    return ball_sign(sub(domain.upper, domain.lower)) != 1


def _span(place: Place, text: str, what: str) -> Place:
    quoted = re.search(r"`([^`]+)`", what)
    at = -1
    if quoted:
        match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(quoted[1])}(?![A-Za-z0-9_])", text)
        at = match.start() if match else -1
    return replace(place, text=text, start=max(at, 0), length=len(quoted[1]) if quoted and at >= 0 else len(text))


def wrong(key: str, value: Any, wanted: str) -> Malformed:
    """Return the error for a value that is not what was wanted."""
    shown = repr(value)
    return Malformed("PC204", f"{shown[:60]} is not {wanted}.").at(key=key)


def strings(table: Any, key: str) -> dict[str, Any]:
    """Return a table whose keys are names. Raises Malformed (PC204)."""
    if not isinstance(table, Mapping):
        raise wrong(key, table, "a table")
    return dict(table)
