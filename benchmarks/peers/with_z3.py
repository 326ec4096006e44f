"""Give an SMT-LIB script to z3 through its Python package; print proved or refuted, and the CPU seconds of check-sat. Run: python with_z3.py FILE.smt2."""

import sys
import time

import z3

solver = z3.Solver()
with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
start = time.process_time()
solver.from_string(text)
answer = {"unsat": "proved", "sat": "refuted"}.get(str(solver.check()), "undecided")
print(answer, time.process_time() - start)
