"""Print docs/rules.md: the soundness paragraphs of the kernel's rules, from their docstrings. A test keeps the file equal."""

from __future__ import annotations

import inspect

from proofcheck.kernel.rules import RULES

HEAD = """# The kernel's rules

Each rule is one function in `proofcheck/kernel/rules/`. It accepts by returning, or rejects with a code; none searches. A proof is a tree
of JSON objects, each with `"rule"` and that rule's keys. This page is made from the docstrings: `python docs/rules.py > docs/rules.md`.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, rule in RULES.items():
        text = inspect.getdoc(rule) or ""
        first, _, rest = text.partition("\n")
        parts.append(f"## `{name}`\n\n{first}\n\n```\n{rest.strip(chr(10))}\n```\n" if rest.strip() else f"## `{name}`\n\n{first}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
