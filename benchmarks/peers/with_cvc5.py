"""Give an SMT-LIB script to cvc5 through its Python package; print proved or refuted, and the CPU seconds of check-sat. Run: python with_cvc5.py FILE.smt2."""

import sys
import time

import cvc5

solver = cvc5.Solver()
parser = cvc5.InputParser(solver)
parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, sys.argv[1])
start = time.process_time()
answer = "undecided"
while not (command := parser.nextCommand()).isNull():
    text = command.invoke(solver, parser.getSymbolManager()).strip()
    answer = {"unsat": "proved", "sat": "refuted"}.get(text, answer)
print(answer, time.process_time() - start)
