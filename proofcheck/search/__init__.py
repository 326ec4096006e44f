"""Counterexample search: engines propose points, the kernel confirms them, a ledger says exactly what was done."""
