"""The scripts of the live figures as the texts that Streamlit's components take.

A component's script is one text, so each module in `scripts/` becomes a function that gives what it exports, and takes
its imports from those before it. d3's vendored packages stand in front.
"""

from __future__ import annotations

import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from tensorllm_core.storage.own_text import own_text

__all__ = ["MODULES", "VENDORED", "all_scripts", "store_script", "style", "vendored", "view_script"]

_FOLDER = Path(__file__).resolve().parent / "scripts"
_VENDOR = Path(__file__).resolve().parents[2] / "assets" / "vendor"
VENDORED = (
    "d3-array-3.2.5",
    "d3-color-3.1.1",
    "d3-format-3.1.3",
    "d3-interpolate-3.0.2",
    "d3-scale-4.0.3",
    "d3-contour-4.0.3",
)
"""The packages of d3 that the scripts use; each after those that it needs."""
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js"$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:function|class|const) (\w+))", re.MULTILINE)
_D3 = "d3"
MODULES = tuple(sorted(path.stem for path in _FOLDER.glob("*.js")))

_SCRIPTS = "module_main.liveStore();\nexport default function () {}"
_STORE = """
const STORE = Symbol.for("TensorLLM Explorer: live figures")
const WAITING = Symbol.for("TensorLLM Explorer: data waiting for the live figures")

// The scripts come with another component: until they are there, wait in the line that they empty.
export default function ({ data }) {
  if (!data) return
  if (globalThis[STORE]) globalThis[STORE].add(data)
  else (globalThis[WAITING] ??= []).push(data)
}
"""
_VIEW = """
const STORE = Symbol.for("TensorLLM Explorer: live figures")
const WAITING = Symbol.for("TensorLLM Explorer: waiting for the live figures")
const PATIENCE = 3000

export default function (component) {
  const waiting = (globalThis[WAITING] ??= new Map())
  if (globalThis[STORE]) return globalThis[STORE].render(component)
  waiting.set(component.parentElement, component)
  // The server may believe that the scripts are here.
  const missing = setTimeout(
    () => globalThis[STORE] || component.setTriggerValue("released", { missing: "scripts" }), PATIENCE)
  return () => {
    clearTimeout(missing)
    waiting.delete(component.parentElement)
    globalThis[STORE]?.remove(component.parentElement)
  }
}
"""


@cache
def all_scripts() -> str:
    """The script of the component that brings d3 and all modules, and makes the store that the others use."""
    return f"{vendored()}\n{_joined()}\n{_SCRIPTS}"


def store_script() -> str:
    """The script of the component that brings the bytes of some data to the store."""
    return _STORE


def view_script() -> str:
    """The script of the component that shows a scene; it is small, for it is sent with every scene."""
    return _VIEW


@cache
def style() -> str:
    """The style sheets of the instrument, in the order of their names."""
    return "\n".join(own_text(path) for path in sorted(_FOLDER.glob("*.css")))


def vendored() -> str:
    """The vendored packages, which write into an object `d3` of their own instead of the page's."""
    packages = []
    for package in VENDORED:
        name = package.rpartition("-")[0]
        source = own_text(_VENDOR / package / f"{name}.min.js")
        packages.append(f"(function (globalThis, exports, module, define) {{\n{source}\n}})(d3Home);")
    return "const d3Home = {};\n" + "\n".join(packages) + "\nconst module_d3 = { d3: d3Home.d3 };"


def _joined() -> str:
    sources = {name: own_text(_FOLDER / f"{name}.js") for name in MODULES if name != _D3}
    needs = {name: {module for _, module in _IMPORT.findall(source)} - {_D3} for name, source in sources.items()}
    return "\n".join(_as_function(name, sources[name]) for name in TopologicalSorter(needs).static_order())


def _as_function(name: str, source: str) -> str:
    exported = ", ".join(_EXPORT.findall(source))
    body = _IMPORT.sub(lambda found: f"const {found[1]} = {_module(found[2])}", source)
    return f"const {_module(name)} = (() => {{\n{_EXPORT.sub('', body)}\nreturn {{ {exported} }}\n}})()"


def _module(name: str) -> str:
    return f"module_{name}"
