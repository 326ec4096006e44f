"""Number systems outside the kernel: floats with error bounds, mpmath, sympy, and typesetting."""
