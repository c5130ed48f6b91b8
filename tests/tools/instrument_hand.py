"""A visitor's hand on the instrument in the app, and what the instrument shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.patience import PATIENCE
from tests.tools.screen import settle

COUNT_MESSAGES = """
    window.sentToServer = 0
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (...values) {
        window.sentToServer += 1
        return send.apply(this, values)
    }
"""
"""A script that counts what a page sends to the server from its start."""

_STORE = "globalThis[Symbol.for('TensorLLM Explorer: live figures')]"


def instrument_drawn(page: Page) -> None:
    """Wait until the live figures stand on the settled screen."""
    page.locator(".instrument canvas").first.wait_for(state="visible", timeout=1000 * PATIENCE)
    settle(page)


@contextmanager
def nothing_asked_of_the_server(page: Page) -> Iterator[None]:
    """Fail if the page, which runs `COUNT_MESSAGES`, sends anything to the server meanwhile."""
    sent = page.evaluate("window.sentToServer")
    yield
    assert page.evaluate("window.sentToServer") == sent


def headline(page: Page) -> list[str]:
    """How many times smaller, the relative error, and the numbers stored."""
    return page.locator(".metric .value").all_inner_texts()


def parts(page: Page) -> list[str]:
    """The errors of the parts."""
    return page.locator(".bar .number").all_inner_texts()


def rank(page: Page, name: str) -> int:
    return int(number_field(page, name).input_value())


def number_field(page: Page, name: str) -> Locator:
    return page.get_by_role("spinbutton", name=name, exact=True)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name, exact=True)


def linked(page: Page) -> dict[str, str]:
    """The parameters of the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def press(page: Page, name: str, key: str) -> None:
    """Press a key on a rank's slider, and wait until the link and the screen follow."""
    before = page.url
    slider(page, name).press(key)
    expect(page).not_to_have_url(before)
    settle(page)


def landscape(page: Page) -> Locator:
    return page.locator(".landscape .over")


def spectrum(page: Page, mode: int) -> Locator:
    """The spectrum of mode 1, 2 or 3."""
    return page.locator(".spectra .over").nth(mode - 1)


def cores(page: Page) -> Locator:
    return page.locator(".cores .over")


def place(figure: Locator, across: float, down: float) -> tuple[float, float]:
    """The point of the window at these shares of a figure."""
    box = figure.bounding_box()
    assert box is not None
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def ring(page: Page) -> tuple[float, float]:
    """Where the ring of the ranks in use stands in the window."""
    box = landscape(page).bounding_box()
    assert box is not None
    x, y = page.evaluate(f"{_STORE}.ring()")
    return box["x"] + x, box["y"] + y


def pixels(figure: Locator) -> str:
    """All that a canvas and the one below it show, to compare with later; what is about to be drawn is waited for."""
    return figure.evaluate(
        """async node => {
            for (const _ of [1, 2]) await new Promise(requestAnimationFrame)
            return [...node.parentElement.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()).join()
        }"""
    )


def open_counting(visit: Callable[[str], Page], scene: str) -> tuple[Page, list[int]]:
    """Open a scene, and the sizes of all that the server sends to it from then on."""
    received: list[int] = []

    def count(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: received.append(len(data)))

    page = visit("/overview")
    page.on("websocket", count)
    page.goto(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{scene}")
    instrument_drawn(page)
    return page, received
