"""``python -m proofcheck``."""

from proofcheck.cli import main

main()
