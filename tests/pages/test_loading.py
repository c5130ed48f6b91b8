"""Loading the libraries in the background, each time in a process that has none of them yet."""

from __future__ import annotations

import subprocess
import sys

from tests.patience import PATIENCE
from tests.tools.server import ROOT

_LOADS = """
import gc, sys
from pages.frame import loading
from pages.frame.navigation import PAGES
from tests.patience import PATIENCE
loader = loading.begin()
assert loading.begin() is loader
loading._can_draw.wait(PATIENCE)
assert "plotly.graph_objects" in sys.modules and "torch" not in sys.modules and not gc.isenabled()
loading.load_for_screens()
loader.join(PATIENCE)
assert not loader.is_alive() and "torch" in sys.modules
assert gc.isenabled() and gc.get_freeze_count() > 100_000
"""

_FAILS = """
import gc, threading
from pages.frame import loading
from tests.patience import PATIENCE
threading.excepthook = lambda what: None
loading._FOR_FIGURES = ("no.such.library",)
loader = loading.begin()
loader.join(PATIENCE)
assert not loader.is_alive() and loading._can_draw.is_set() and gc.isenabled()
"""


_FRONT_DOOR = """
import sys
import pages.controls.first_scene, pages.frame.route, pages.start.picture, pages.start.texts
assert not {"torch", "numpy", "pandas", "pages.session.state"} & set(sys.modules)
"""


def test_the_front_door_needs_none_of_the_libraries() -> None:
    _succeeds(_FRONT_DOOR)


def test_torch_waits_for_the_first_visitor_and_the_collector_comes_back() -> None:
    _succeeds(_LOADS)


def test_a_library_that_cannot_be_imported_holds_nobody_up() -> None:
    _succeeds(_FAILS)


def _succeeds(program: str) -> None:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
