"""Play a scene list without a browser, and measure how long the server takes for each scene.

Streamlit's own harness for tests runs the app in this process. What a browser needs to draw comes on top; the button on
the Show screen measures that too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.frame import loading
from pages.session.scene_list import ListedScene, SceneList, read_scene_list
from pages.session.show_names import show_files
from pages.session.shows import shipped_show
from pages.show.buttons import LONGEST_WAIT
from pages.work.prepared_scenes import needs_of
from pages.work.report import Report
from tensorllm_core.errors import FileAccessError
from tensorllm_core.storage.regular import read_regular

__all__ = ["Rehearsal", "SceneTime", "list_named", "rehearse"]

_APP = (Path(__file__).resolve().parents[2] / "app").with_suffix(".py")
_LONGEST_SCENE = 600.0
_OFFERS = {"ask here", "compare here", "survey"}
"""Keys of the buttons with which a screen waits for a click."""
_UNHEARD: Report[Any] = Report(lambda share, message: True, lambda partial: None)


@dataclass(frozen=True)
class SceneTime:
    """One scene as it was played: `number` counts from 1; `problems` are what its link could not restore."""

    number: int
    title: str
    milliseconds: float
    waits_for_click: bool
    problems: tuple[str, ...]

    @property
    def is_slow(self) -> bool:
        """Whether those who watch would wait."""
        return self.waits_for_click or self.milliseconds > LONGEST_WAIT


@dataclass(frozen=True)
class Rehearsal:
    """A list as it was played, after all that can be computed ahead had been computed in `prepared_seconds`."""

    title: str
    prepared_seconds: float
    scenes: tuple[SceneTime, ...]

    @property
    def slow(self) -> tuple[SceneTime, ...]:
        """The scenes that would wait."""
        return tuple(scene for scene in self.scenes if scene.is_slow)

    def as_json(self) -> dict[str, Any]:
        """What `rehearse --json` prints; times in milliseconds and seconds."""
        return {
            "title": self.title,
            "limit_milliseconds": LONGEST_WAIT,
            "prepared_seconds": round(self.prepared_seconds, 3),
            "scenes": [asdict(scene) | {"problems": list(scene.problems)} for scene in self.scenes],
            "slow": [scene.number for scene in self.slow],
        }


def list_named(name: str) -> SceneList:
    """The list that comes with the app under this name, or the one in a file.

    Raises:
        FileAccessError: there is neither.
        RequestError: as `read_scene_list`.
    """
    if name in show_files():
        return shipped_show(name)
    try:
        return read_scene_list(read_regular(Path(name)))
    except OSError:
        names = ", ".join(f"`{each}`" for each in show_files())
        raise FileAccessError(f"Expected one of the lists {names} or a file, got `{name}`; choose one.") from None


def rehearse(scenes: SceneList, on_scene: Callable[[int], None] = lambda number: None) -> Rehearsal:
    """Prepare the scenes of a list as the app does while nobody waits, then play and measure them.

    Args:
        on_scene: gets the number of each scene for which something must be computed.

    Raises:
        ExplorerError: something cannot be computed.
    """
    loading.load_for_screens()
    loading.begin().join()
    began = time.perf_counter()
    for number, listed in enumerate(scenes.scenes, 1):
        for need in [need for need in needs_of(listed) if not need.is_met()]:
            on_scene(number)
            need.wish.work(_UNHEARD)
    prepared = time.perf_counter() - began
    app = AppTest.from_file(str(_APP), default_timeout=_LONGEST_SCENE)
    # The first visit of a tab takes longer, but nobody watches it yet. The first scene comes last.
    for listed in scenes.scenes[:1]:
        _play(app, listed)
    order = [*range(1, len(scenes.scenes)), 0]
    times = {place: _played(app, place + 1, scenes.scenes[place]) for place in order if scenes.scenes}
    return Rehearsal(scenes.title, prepared, tuple(times[place] for place in sorted(times)))


def _played(app: AppTest, number: int, listed: ListedScene) -> SceneTime:
    seconds = _play(app, listed)
    waits = any(button.key in _OFFERS for button in app.button)
    return SceneTime(number, listed.title, round(1000 * seconds, 1), waits, listed.problems)


def _play(app: AppTest, listed: ListedScene) -> float:
    """Open a scene in the same tab; the seconds until the screen shows no progress any more."""
    app.query_params.clear()
    app.query_params.update(listed.parameters | {"present": "1"})
    # A page is known by the hash of its path.
    app._page_hash = calc_hash(listed.page)
    began = time.perf_counter()
    app.run()
    while app.get("progress") and time.perf_counter() - began < _LONGEST_SCENE:
        time.sleep(0.05)
        app.run()
    return time.perf_counter() - began
