"""A plain branch and bound on mpmath.iv: natural interval extensions, cut the longest side, try the middle. Prints proved or refuted, and CPU seconds.

Needs mpmath alone. Run: python with_mpmath.py PROBLEM.json
"""

import json
import sys
import time

from mpmath import iv

OPERATIONS = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y, "neg": lambda x: -x,
    "sin": iv.sin, "cos": iv.cos, "tan": iv.tan, "exp": iv.exp, "log": iv.log, "sqrt": iv.sqrt, "abs": abs,
}  # fmt: skip


def value(node, env):
    """Return an enclosure of a term; raises where it may have no value."""
    op = node[0]
    if op == "num":
        return iv.mpf(node[1]) / node[2]
    if op == "pi":
        return iv.pi
    if op == "var":
        return env[node[1]]
    if op == "pow":
        return value(node[1], env) ** node[2]
    args = [value(arg, env) for arg in node[1:]]
    if (op == "div" and 0 in args[1]) or (op == "log" and args[0].a <= 0) or (op == "sqrt" and args[0].a < 0):
        raise ZeroDivisionError
    return OPERATIONS[op](*args)


def holds(formula, env):
    """Return True, False or None (not known) for a formula."""
    op = formula[0]
    if op in ("and", "or"):
        left, right = holds(formula[1], env), holds(formula[2], env)
        strong = op == "or"
        return strong if strong in (left, right) else None if None in (left, right) else not strong
    if op == "not":
        inner = holds(formula[1], env)
        return None if inner is None else not inner
    try:
        gap = value(formula[1], env) - value(formula[2], env)
    except (ZeroDivisionError, ValueError):
        return None
    if op in ("lt", "le"):
        gap, op = -gap, {"lt": "gt", "le": "ge"}[op]
    if op in ("eq", "ne"):
        return (op == "ne") if gap.a > 0 or gap.b < 0 else None
    return True if gap.a > 0 or (op == "ge" and gap.a >= 0) else False if gap.b < 0 or (op == "gt" and gap.b <= 0) else None


def main():
    """Search until everything is decided."""
    with open(sys.argv[1], encoding="utf-8") as file:
        problem = json.load(file)
    start = time.process_time()
    names = list(problem["domains"])
    root = [(value(low, {}).a, value(high, {}).b) for low, high in problem["domains"].values()]
    stack = [root]
    answer = "proved"
    while stack:
        box = stack.pop()
        env = {name: iv.mpf([a, b]) for name, (a, b) in zip(names, box, strict=True)}
        if holds(problem["goal"], env) is True or any(holds(part, env) is False for part in problem["given"]):
            continue
        middle = [(a + b) / 2 for a, b in box]
        at = {name: iv.mpf(m.mid) for name, m in zip(names, middle, strict=True)}
        if holds(problem["goal"], at) is False and all(holds(part, at) is True for part in problem["given"]):
            answer = "refuted"
            break
        i = max(range(len(box)), key=lambda k: box[k][1].mid - box[k][0].mid)
        cut = middle[i].mid
        for half in ((box[i][0], cut), (cut, box[i][1])):
            stack.append([half if k == i else side for k, side in enumerate(box)])
    print(answer, time.process_time() - start)


main()
