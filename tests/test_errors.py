"""The tree of errors that errors.py draws is the tree of the classes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tensorllm_core import errors

ROOT = Path(__file__).resolve().parent.parent
BASE = "ExplorerError"


def drawn() -> list[tuple[str, str]]:
    """Each class of the tree with the one above it, from the top; only an indented line of two columns counts."""
    pairs: list[tuple[str, str]] = []
    above: dict[int, str] = {}
    for line in errors.__doc__.splitlines():
        if match := re.fullmatch(r"( +)(\w+) {2,}\S.*", line):
            depth = len(match[1])
            pairs.append((match[2], above.get(depth - 4, "Exception")))
            above[depth] = match[2]
    return pairs


def defined() -> dict[str, str]:
    """Every class of the family with the one that it is derived from, wherever in the code it is."""
    files = [*(ROOT / "tensorllm_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    bases = {
        node.name: base.id
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    }
    family = {BASE}
    while more := {name for name, base in bases.items() if base in family} - family:
        family |= more
    return {name: bases[name] for name in family}


def test_the_docstring_draws_every_error_below_its_base():
    assert len(drawn()) > 1
    assert dict(drawn()) == defined()


def test_the_tree_is_in_the_order_of_the_file_and_holds_what_it_exports():
    names = [name for name, _ in drawn()]
    assert names == [name for name, value in vars(errors).items() if isinstance(value, type)]
    assert sorted(names) == errors.__all__
