"""proofcheck: continuous integration for theorems. Methods find; the kernel looks; the verdict says how we know."""

__version__ = "0.1.0"
