"""Time the app as a person meets it: `python -m tests.tools.browser_bench [--json]`.

- start: from the start of the server's process to the first figure on the screen, with a browser that is
  already open and files that were read before; a new visitor each time. Beside it, in turns, a bare Streamlit app
  that imports PyTorch and draws one heatmap: the least that an app of this kind can take here.
- front door: from a new visitor's request to the moving picture at `/`, of a server that has just started, and of one
  that was visited before.
- release to redrawn: from letting go of a rank slider's key to the last change on the screen that it causes;
  every move leads to ranks that were not shown before.
- server: from a moved slider's message to the last message of the answer, for a visitor without a browser.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.tools.screen import chromium, drawn, new_context
from tests.tools.server import OUR_APP, Server, app_server
from tests.tools.visitor import visitor

STARTS = 5
MOVES = 30
WARM_UP = 2

_BARE_APP = """
import streamlit as st
import torch

st.plotly_chart({"data": [{"type": "heatmap", "z": torch.eye(64).numpy()}]})
"""

_PICTURE = """() => [...document.querySelectorAll(".js-plotly-plot")].some(figure =>
    !figure.closest(".st-key-first-figure") && figure.querySelector(".hm image"))"""

_RECORD = """
    const timings = window.timings = {released: 0, changed: 0};
    addEventListener("keyup", () => { timings.released = performance.now(); }, true);
    new MutationObserver(changes => {
        if (changes.some(change => change.target.parentElement?.closest('[data-testid="stMain"]')))
            timings.changed = performance.now();
    }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""

_QUIET = """() => {
    const {released, changed} = window.timings;
    const done = document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning";
    return done && changed > released && performance.now() - changed > 600;
}"""


def main() -> None:
    """Print the medians, as lines or as one JSON object; milliseconds and seconds as the names say."""
    parser = argparse.ArgumentParser(description="Time the app as a person meets it.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        # The first start warms the file cache.
        bare = Path(home) / "bare.py"
        bare.write_text(_BARE_APP, encoding="utf-8")
        pairs = [
            (
                seconds_to_first_picture(browser, Path(home)),
                seconds_to_first_picture(
                    browser, Path(home), ("-m", "streamlit", "run", str(bare), "--server.port"), "/"
                ),
            )
            for _ in range(STARTS + 1)
        ][1:]
        starts, bare_starts = zip(*pairs, strict=True)
        at_start = []
        for _ in range(STARTS):
            with app_server(Path(home)) as server:
                at_start.append(milliseconds_to_front_door(browser, server))
        with app_server(Path(home)) as server:
            later = [milliseconds_to_front_door(browser, server) for _ in range(STARTS + 1)][1:]
            page = new_context(browser).new_page()
            page.add_init_script(_RECORD)
            page.goto(server.url + "/decompose")
            drawn(page)
            redrawn = [move(page) for _ in range(MOVES + WARM_UP)][WARM_UP:]
            page.close()
            with visitor(server.url) as unseen:
                unseen.open("heads")
                answered = [1000 * unseen.move("R1") for _ in range(MOVES + WARM_UP)][WARM_UP:]
    figures = {
        "seconds_start_to_first_picture_median": round(statistics.median(starts), 2),
        "seconds_start_to_first_picture_slowest": round(max(starts), 2),
        "seconds_bare_app_to_first_picture_median": round(statistics.median(bare_starts), 2),
        "start_against_bare_app": round(statistics.median(ours / theirs for ours, theirs in pairs), 2),
        "milliseconds_front_door_of_a_new_server_median": round(statistics.median(at_start)),
        "milliseconds_front_door_median": round(statistics.median(later)),
        "starts": STARTS,
        "milliseconds_release_to_redrawn_median": round(statistics.median(redrawn)),
        "milliseconds_release_to_redrawn_slowest": round(max(redrawn)),
        "milliseconds_server_median": round(statistics.median(answered)),
        "milliseconds_server_slowest": round(max(answered)),
        "moves": MOVES,
    }
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):45} {value}")


def milliseconds_to_front_door(browser: Browser, server: Server) -> float:
    """Visit `/` as somebody new, and stop the clock when the picture stands."""
    context = new_context(browser)
    page = context.new_page()
    asked = time.perf_counter()
    page.goto(server.url, wait_until="commit")
    page.wait_for_function("performance.getEntriesByName('first picture').length", polling=20)
    taken = 1000 * (time.perf_counter() - asked)
    context.close()
    return taken


def seconds_to_first_picture(
    browser: Browser, home: Path, program: Sequence[str] = OUR_APP, path: str = "/decompose"
) -> float:
    """Start an app, visit it as soon as it answers, and stop the clock when a heatmap with numbers stands."""
    context = new_context(browser)
    try:
        page = context.new_page()
        with app_server(home, program=program) as server:
            page.goto(server.url + path, wait_until="commit")
            page.wait_for_function(_PICTURE, polling=20)
            return time.perf_counter() - server.started
    finally:
        context.close()


def move(page: Page) -> float:
    """Move the slider of R1 up by one; the milliseconds until the screen has changed for the last time."""
    page.get_by_role("slider").first.focus()
    page.evaluate("Object.assign(window.timings, {released: Infinity, changed: 0})")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(_QUIET)
    return page.evaluate("window.timings.changed - window.timings.released")


if __name__ == "__main__":
    main()
