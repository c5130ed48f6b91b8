"""Holds the tree to the table of who may import whom, and to a few rules that a reader relies on.

If the table is wrong, change the table here, the code and the tree in README.md in one commit, and say why.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE = {"errors", "types", "storage", "numbers_text"}
CORE = {
    "errors": set(),
    "numbers_text": set(),
    "types": {"errors"},
    "storage": {"errors"},
    "linalg": BASE,
    "models": BASE,
    "benchmarks": BASE,
    "figures": BASE,
    "lessons": BASE,
    "methods": BASE | {"linalg"},
    "experiments": BASE | {"linalg", "models", "methods", "benchmarks"},
    "runs": BASE | {"linalg", "models", "methods", "benchmarks", "experiments"},
    "exports": BASE | {"linalg", "models", "methods", "benchmarks", "experiments", "runs", "figures"},
    # The recipe of the bundled models projects their attention while it trains, and asks what it made.
    "demo": BASE | {"linalg", "models", "methods", "benchmarks", "experiments"},
}
ROOMS = ("session", "work", "frame", "controls", "instrument")
MAY_IMPORT = CORE | {
    "commands": set(CORE),
    "pages' rooms": set(CORE),
    "pages": {*CORE, "pages' rooms"},
    "app": {"pages' rooms"},
}
SHOWN_BY_STREAMLIT = {"pages", "pages' rooms", "app"}
NEVER_IN_A_PAGE = {"torch", "transformers", "plotly"}
OWNERS = {
    "session_state": "pages/session/state.py",
    "cache_data": "pages/work/caches.py",
    "cache_resource": "pages/work/caches.py",
}
READ_AS_MARKDOWN = {
    *("markdown", "caption", "info", "warning", "error", "success", "metric", "write", "title", "header", "subheader"),
    *("button", "download_button", "link_button", "page_link", "popover", "expander", "tabs", "progress", "spinner"),
    *("toggle", "checkbox", "radio", "pills", "segmented_control", "text_input", "number_input", "slider", "toast"),
    *("selectbox", "multiselect", "select_slider", "file_uploader", "badge", "status", "show"),
}
KEYWORDS_OF_MARKDOWN = {"label", "help", "body", "text", "takeaway", "caption", "delta"}
WORDS_OF_OTHERS = {
    *("reference", "model_type", "commit", "revision", "repository", "place", "setting", "template", "machine"),
    *("so_far", "problem", "sentence", "label", "message", "notices", "left_out", "gguf_file", "filename"),
}
"""Fields that hold words of a link, a file or a server."""
LONGEST_PAGE = 120
LONGEST_FILE = 250

Sources = dict[str, str]
"""Text of each Python file by its path from the project's folder."""


def layer_of(path: str) -> str:
    """The row of the table that a file belongs to."""
    match Path(path).with_suffix("").parts:
        case ("tensorllm_core", "__init__"):
            return "errors"
        case ("tensorllm_core", "__main__" | "commands", *_):
            return "commands"
        case ("tensorllm_core", layer, *_):
            return layer
        case ("pages", room, *_) if room in ROOMS:
            return "pages' rooms"
        case ("pages", *_):
            return "pages"
        case (name, *_):
            return name
    raise ValueError(path)


def imports(path: str, source: str) -> Iterator[str]:
    """Absolute dotted names that a file imports, wherever in it, one for each name that is taken."""
    package = Path(path).parent.parts
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                start = package[: len(package) - level + 1] if level else ()
                yield from (".".join((*start, *([module] if module else []), alias.name)) for alias in names)


def named(source: str) -> Iterator[str]:
    """Dotted names that stand in strings: they may be given to importlib."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z_]\w*(\.[a-z_]\w*)+", text):
                yield text


def path_of(name: str, sources: Sources) -> str | None:
    """The file that an imported name leads to; None if it is none of ours."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in sources:
                return path
    return None


def wrong_arrows(sources: Sources) -> Iterator[str]:
    for path, source in sources.items():
        layer = layer_of(path)
        if layer not in MAY_IMPORT:
            yield f"{path}: `{layer}` has no row in the table"
            continue
        for name in (*imports(path, source), *named(source)):
            target = path_of(name, sources)
            if target and layer_of(target) not in MAY_IMPORT[layer] | {layer}:
                yield f"{path}: `{layer}` imports {name}"


def wrong_packages(sources: Sources) -> Iterator[str]:
    for path, source in sources.items():
        layer = layer_of(path)
        for package in sorted({name.partition(".")[0] for name in imports(path, source)}):
            if package == "streamlit" and layer not in SHOWN_BY_STREAMLIT:
                yield f"{path}: the core knows no Streamlit"
            if package in NEVER_IN_A_PAGE and layer in {"pages", "app"}:
                yield f"{path}: a page imports {package}"


def wrong_owners(sources: Sources) -> Iterator[str]:
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name) if name in OWNERS:
                    if path != OWNERS[name]:
                        yield f"{path}: only {OWNERS[name]} uses `{name}`"


def too_long(sources: Sources) -> Iterator[str]:
    for path, source in sources.items():
        is_screen = Path(path).name in {"page.py", "app.py"}
        most = LONGEST_PAGE if is_screen else LONGEST_FILE
        lines = len(source.splitlines())
        if lines > most:
            yield f"{path}: {lines} lines, at most {most}"


def done_at_import(sources: Sources) -> Iterator[str]:
    """Statements of the core, and of what pages share, that do something rather than define something."""
    for path, source in sources.items():
        if layer_of(path) in {"pages", "app"}:
            continue
        for node in ast.parse(source).body:
            match node:
                case ast.Expr(value=ast.Call()) | ast.For() | ast.While() | ast.With() | ast.AugAssign():
                    acts = True
                case ast.Assign(targets=targets):
                    acts = any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
                case _:
                    acts = False
            if acts:
                yield f"{path}:{node.lineno}: happens at import: {ast.unparse(node).splitlines()[0]}"


def cycles(sources: Sources) -> Iterator[str]:
    graph = {
        path: {target for name in imports(path, source) if (target := path_of(name, sources)) and target != path}
        for path, source in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " -> ".join(error.args[1])


def unpinned(sources: Sources, requirements: str) -> Iterator[str]:
    pinned = set(re.findall(r"^([\w-]+)==[\w.]+$", requirements, re.MULTILINE))
    known = pinned | set(sys.stdlib_module_names) | {Path(path).parts[0].removesuffix(".py") for path in sources}
    for path, source in sources.items():
        for package in sorted({name.partition(".")[0] for name in imports(path, source)} - known):
            yield f"{path}: requirements.txt does not pin {package}"


def opened_elsewhere(sources: Sources) -> Iterator[str]:
    """Calls that open a file to read it: `storage/regular.py` does, which never waits for a pipe or a device."""
    for path, source in sources.items():
        if path.startswith("tensorllm_core/storage/"):
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open" | "read_text" | "read_bytes")):
                    yield f"{path}:{node.lineno}: opens a file: {ast.unparse(node)}"


def alive_words(sources: Sources) -> Iterator[str]:
    """Words of others in what Streamlit reads as Markdown, outside `inert` and `inert_name`."""

    def leaves(node: ast.AST) -> Iterator[str]:
        match node:
            case (
                ast.Call(func=ast.Name(id="inert" | "inert_name"))
                | ast.Call(func=ast.Name(id="map"), args=[ast.Name(id="inert" | "inert_name"), *_])
            ):
                return
            case ast.Attribute(attr=name) if name in WORDS_OF_OTHERS:
                yield name
            case ast.Compare() | ast.Attribute():
                # Only what is shown counts, not what is compared or asked for its parts.
                return
            case ast.IfExp(body=body, orelse=orelse):
                yield from (*leaves(body), *leaves(orelse))
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from leaves(child)

    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)) if path.startswith("pages/") else ():
            match node:
                case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in READ_AS_MARKDOWN:
                    shown = [*node.args, *(word.value for word in node.keywords if word.arg in KEYWORDS_OF_MARKDOWN)]
                    for word in (word for each in shown for word in leaves(each)):
                        yield f"{path}:{node.lineno}: `{word}` is shown without `inert`"


RULES = [wrong_arrows, wrong_packages, wrong_owners, too_long, done_at_import, cycles, opened_elsewhere, alive_words]


@pytest.fixture(scope="module")
def tree() -> Sources:
    paths = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "tensorllm_core").rglob("*.py")]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule, tree):
    assert list(rule(tree)) == []


def test_everything_the_tree_imports_is_pinned(tree):
    assert list(unpinned(tree, (ROOT / "requirements.txt").read_text(encoding="utf-8"))) == []


def test_everything_the_tests_import_is_pinned():
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    ours = {"app.py": "", "pages/x.py": "", "tensorllm_core/x.py": ""}
    pinned = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-dev.txt"))
    assert list(unpinned(sources | ours, pinned)) == []


def test_every_requirement_is_pinned_exactly():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        loose = [line for line in lines if not re.fullmatch(r"#.*|-r requirements\.txt|[\w-]+==[\w.]+", line)]
        assert loose == []


SMALL_TREE = {
    "app.py": "import streamlit as st\n",
    "pages/decompose/page.py": "from pages.frame.frame import open_page\nfrom tensorllm_core.linalg import hosvd\n",
    "pages/frame/frame.py": "import streamlit as st\nfrom tensorllm_core.models import family\n",
    "tensorllm_core/errors.py": '"""Errors."""\n',
    "tensorllm_core/linalg/hosvd.py": "import torch\nfrom tensorllm_core.errors import RankError\n",
    "tensorllm_core/models/family.py": "ROWS = tuple(range(3))\n",
}


def test_a_small_tree_that_keeps_every_rule_passes():
    assert [sentence for rule in RULES for sentence in rule(SMALL_TREE)] == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_arrows, "tensorllm_core/linalg/bad.py", "from tensorllm_core.models import family"),
        (wrong_arrows, "tensorllm_core/linalg/bad.py", "import tensorllm_core.models.family"),
        (wrong_arrows, "tensorllm_core/linalg/bad.py", "from ..models.family import ROWS"),
        (wrong_arrows, "tensorllm_core/linalg/bad.py", "def late():\n    from tensorllm_core.models import family"),
        (wrong_arrows, "tensorllm_core/models/bad.py", "from pages.frame.frame import open_page"),
        (wrong_arrows, "pages/frame/bad.py", "import pages.decompose.page"),
        (wrong_arrows, "pages/frame/bad.py", "import importlib\nimportlib.import_module('pages.decompose.page')"),
        (wrong_arrows, "pages/frame/bad.py", "NAMES = ('torch', 'pages.decompose.page')"),
        (wrong_arrows, "tensorllm_core/helpers/bad.py", ""),
        (wrong_packages, "tensorllm_core/linalg/bad.py", "from streamlit import cache"),
        (wrong_packages, "pages/heads/bad.py", "import torch.nn"),
        (wrong_packages, "pages/heads/bad.py", "from plotly import graph_objects"),
        (wrong_owners, "pages/heads/bad.py", "import streamlit as st\nst.session_state.r1 = 3"),
        (wrong_owners, "pages/frame/bad.py", "from streamlit import session_state"),
        (wrong_owners, "pages/session/state.py", "import streamlit as st\n@st.cache_data\ndef f(): ..."),
        (too_long, "pages/heads/page.py", "\n" * (LONGEST_PAGE + 1)),
        (too_long, "tensorllm_core/linalg/bad.py", "\n" * (LONGEST_FILE + 1)),
        (done_at_import, "tensorllm_core/linalg/bad.py", "import logging\nlogging.basicConfig()"),
        (done_at_import, "tensorllm_core/linalg/bad.py", "import torch\ntorch.backends.tf32 = False"),
        (done_at_import, "pages/frame/bad.py", "import os\nos.environ['HOME'] = '/'"),
        (cycles, "tensorllm_core/errors.py", "from tensorllm_core.linalg.hosvd import hosvd"),
        (alive_words, "pages/heads/bad.py", "import streamlit as st\nst.caption(f'{plan.reference} is open')"),
        (alive_words, "pages/heads/bad.py", "column.metric('a', 1, help=f'{inert(a.place)} or {a.commit[:7]}')"),
        (alive_words, "pages/frame/bad.py", "st.button('a', help=word if known else plan.model.reference)"),
        (alive_words, "pages/frame/bad.py", "show(figure, takeaway=str(problems.problem), key='a')"),
        (opened_elsewhere, "tensorllm_core/models/bad.py", "text = open('config.json').read()"),
        (opened_elsewhere, "pages/heads/bad.py", "def late(path):\n    return path.read_bytes()"),
        (opened_elsewhere, "tensorllm_core/models/bad.py", "with path.open('rb') as file:\n    file.read()"),
    ],
)
def test_a_file_that_breaks_a_rule_is_found(rule, path, source):
    assert list(rule(SMALL_TREE | {path: source})) != []


def test_an_import_that_is_not_pinned_is_found():
    assert list(unpinned({"app.py": "import os\nimport loose_package.part"}, "streamlit==1.0\n")) != []
