"""Time the live figures under a hand: `python -m tests.tools.instrument_bench [--json]`.

- drag: frames while the ring is dragged for some seconds, of the bundled model in the app, and of a made-up layer of
  4096 x 128 x 4 x 32 with all that the largest layers are sent: milliseconds between painted frames, those of our own
  work in a frame, and how often the page spoke to the server meanwhile.
- release: from letting go to the last change on the screen.
- layer: the bytes that it is sent in, and from a visit on a started server to figures that can be dragged.
- next layer: from the click to figures at rest, prepared or not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from tensorllm_core.exports.layer_blob import layer_blob
from tensorllm_core.types import TensorShape
from tests.tools.instrument_hand import instrument_drawn, landscape, place, ring
from tests.tools.instrument_page import made_up_analysis, open_layer, open_modules
from tests.tools.screen import chromium, new_context
from tests.tools.server import app_server

LARGE = TensorShape(4096, 128, 4, 32)
SCENE = "/decompose?model=demo-decoder-noisy&layer=1&r1=6&r2=5&r3=3"
FRAMES = 240
RELEASES = 30
LATE = 25.0

_RECORD = """
    window.sentToServer = 0
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (...values) { window.sentToServer += 1; return send.apply(this, values) }
    window.changed = 0
    const watch = root => new MutationObserver(() => { window.changed = performance.now() })
        .observe(root, {subtree: true, childList: true, attributes: true, characterData: true})
    watch(document)
    const attach = Element.prototype.attachShadow
    Element.prototype.attachShadow = function (...values) {
        const root = attach.apply(this, values)
        watch(root)
        return root
    }
"""

_DRAG = """async ([frames, count]) => {
    const roots = [document, ...[...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)]
    const over = roots.map(root => root.querySelector(".landscape .over")).find(Boolean)
    const box = over.getBoundingClientRect()
    over.setPointerCapture = () => {}
    const fire = (type, x, y) => over.dispatchEvent(
        new PointerEvent(type, { clientX: x, clientY: y, pointerId: 1, button: 0, bubbles: true }))
    const work = frames === "app" ? globalThis[Symbol.for("TensorLLM Explorer: live figures")].frames : window.frames
    const gaps = []
    let last = null
    const sent = window.sentToServer
    const place = step => [box.left + box.width * (0.15 + 0.5 * (step % 97) / 97),
        box.top + box.height * (0.15 + 0.5 * (step % 61) / 61)]
    fire("pointerdown", ...place(0))
    work.length = 0
    for (let step = 1; step <= count; step++) {
        const now = await new Promise(requestAnimationFrame)
        if (last !== null) gaps.push(now - last)
        last = now
        fire("pointermove", ...place(step))
    }
    const spoken = window.sentToServer - sent
    const own = [...work]
    fire("pointerup", ...place(count))
    return { gaps, work: own, spoken }
}"""


def main() -> None:
    """Print the figures, as lines or as one JSON object."""
    parser = argparse.ArgumentParser(description="Time the live figures under a hand.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        figures = _large(browser)
        with app_server(Path(home)) as server:
            figures |= _bundled(browser, server.url)
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):55} {value}")


def _large(browser: Browser) -> dict[str, float]:
    started = time.perf_counter()
    analysis = made_up_analysis(LARGE)
    made = time.perf_counter()
    blob = layer_blob(analysis, "a layer")
    packed = time.perf_counter()
    page = new_context(browser).new_page()
    open_modules(page)
    open_layer(page, blob, chosen=[300, 60, 2])
    figures = _drag(page, "large", "alone")
    page.context.close()
    return {
        "large_layer_megabytes": round(len(blob) / 2**20, 1),
        "large_layer_seconds_to_tabulate": round(made - started, 1),
        "large_layer_seconds_to_pack": round(packed - made, 1),
        **figures,
    }


def _bundled(browser: Browser, url: str) -> dict[str, float]:
    # The first visit loads the libraries; the second is that of anyone after.
    for _ in range(2):
        context = new_context(browser)
        page = context.new_page()
        page.add_init_script(_RECORD)
        started = time.perf_counter()
        page.goto(url + SCENE)
        page.locator(".instrument canvas").first.wait_for(state="visible")
        page.wait_for_function("globalThis[Symbol.for('TensorLLM Explorer: live figures')]?.frames.length > 0")
        visit = time.perf_counter() - started
        instrument_drawn(page)
        if not _:
            context.close()
    figures = {"visit_seconds_to_live_figures": round(visit, 2), **_drag(page, "bundled", "app")}
    figures |= _summary("release_milliseconds", [_release(page, step) for step in range(RELEASES + 2)][2:])
    steps = [_step(page, name) for name in ("Next layer", "Next layer", "Previous layer", "Previous layer")]
    return figures | {"next_layer_milliseconds_median": round(statistics.median(steps))}


def _drag(page: Page, name: str, frames: str) -> dict[str, float]:
    drag = page.evaluate(_DRAG, [frames, FRAMES])
    late = sum(gap > LATE for gap in drag["gaps"]) / len(drag["gaps"])
    work = sorted(drag["work"])
    return {
        f"{name}_drag_frame_milliseconds_median": round(statistics.median(drag["gaps"]), 1),
        f"{name}_drag_frames_over_25_milliseconds_percent": round(100 * late, 1),
        f"{name}_drag_work_milliseconds_median": round(statistics.median(work), 1),
        f"{name}_drag_work_milliseconds_95th_percentile": round(work[int(0.95 * len(work))], 1),
        f"{name}_drag_messages_to_the_server": drag["spoken"],
    }


def _release(page: Page, step: int) -> float:
    """Drag the ring a little, let go, and wait until nothing changes any more; milliseconds since letting go."""
    page.mouse.move(*ring(page))
    page.mouse.down()
    page.mouse.move(*place(landscape(page), 0.3 + 0.01 * step, 0.25 + 0.02 * (step % 7)), steps=3)
    url = page.url
    page.evaluate("window.released = performance.now()")
    page.mouse.up()
    page.wait_for_function("url => location.href !== url", arg=url)
    return _quiet(page)


def _step(page: Page, button: str) -> float:
    page.evaluate("window.released = performance.now()")
    page.get_by_role("button", name=button).click()
    return _quiet(page)


def _quiet(page: Page) -> float:
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning"
            && window.changed > window.released && performance.now() - window.changed > 500"""
    )
    return page.evaluate("window.changed - window.released")


def _summary(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_median": round(statistics.median(values)), f"{name}_slowest": round(max(values))}


if __name__ == "__main__":
    main()
