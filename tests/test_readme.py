"""What README, CONTRIBUTING and the long tables name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.models.families import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", *(f"assets/docs/{path.name}" for path in (ROOT / "assets/docs").glob("*.md"))]
LONGEST_README = 160


def links(page: str) -> list[str]:
    """Where a page's links lead, from the project's folder."""
    targets = re.findall(r"\]\(((?!https?:)[^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    return sorted({str(Path(page).parent / target) for target in targets})


def tree() -> list[str]:
    """Paths of the annotated tree, of a line with two of them both."""
    block = re.search(r"^```\n(app\.py .+?)^```", README, re.DOTALL | re.MULTILINE)
    assert block is not None
    paths: list[str] = []
    for line in block[1].splitlines():
        names = re.match(r"( *)(\S+(?:  \S+/)*)  ", line)
        assert names is not None, line
        if not names[1]:
            folder = ""
        paths += [folder + name for name in names[2].split()]
        if not names[1] and names[2].endswith("/"):
            folder = names[2]
    return paths


@pytest.mark.parametrize(("page", "target"), [(page, target) for page in PAGES for target in links(page)])
def test_a_link_leads_somewhere(page, target):
    assert (ROOT / target).exists()


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LONGEST_README


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", tree())
def test_the_tree_of_the_readme_is_the_tree(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("folder", ["tensorllm_core", "pages"])
def test_the_tree_of_the_readme_leaves_no_folder_out(folder):
    there = {
        f"{folder}/{path.name}/" for path in (ROOT / folder).iterdir() if path.is_dir() and list(path.glob("*.py"))
    }
    assert there <= set(tree())


@pytest.mark.parametrize(
    ("page", "names"), [("methods.md", METHODS), ("command-line.md", BENCHMARKS), ("models.md", FAMILIES)]
)
def test_the_long_tables_name_every_one(page, names):
    text = (ROOT / "assets" / "docs" / page).read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page):
    there = {path.stem for path in (ROOT / "tensorllm_core" / "commands").glob("*.py")}
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"-m tensorllm_core ([a-z]+)", text)) <= there


def test_the_accuracies_of_the_readme_were_measured():
    folder = ROOT / "assets" / "models"
    for card in folder.glob("*/README.md"):
        measured = re.search(r"^\| macro \|.*?([\d.]+)", card.read_text(encoding="utf-8"), re.MULTILINE)
        shown = re.search(rf"^\| \[`{card.parent.name}`\].*?\| ([\d.]+) \|", README, re.MULTILINE)
        assert measured is not None
        assert shown is not None
        assert shown[1] == measured[1]
    results = (folder / "RESULTS.md").read_text(encoding="utf-8")
    words = re.search(r"^What compression does to them.*?RESULTS", README, re.DOTALL | re.MULTILINE)
    assert words is not None
    figures = re.findall(r"\b0\.\d{3}\b", words[0])
    assert len(figures) >= 5
    assert [figure for figure in figures if f"| {figure} (" not in results] == []
