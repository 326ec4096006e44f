"""``python -m proofcheck``."""

from proofcheck.start import main

main()
