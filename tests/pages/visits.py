"""Opens screens in Streamlit's test harness, and reads their texts and numbers."""

from __future__ import annotations

import re
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


def visit(name: str = "decompose", **parameters: str) -> AppTest:
    """The screen as a first visitor sees it, with its background work done."""
    return drawn(arriving(name, **parameters))


def arriving(name: str, **parameters: str) -> AppTest:
    """A screen that a first visitor opens; it has not run yet.

    Its figures are the plain ones: the live ones are drawn in a browser, where their own tests find them.
    """
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params.update({"plain": "1"} | parameters)
    # Before its first run the harness takes a page's address from its file, and every screen's file is `page.py`.
    app._page_hash = calc_hash(name)
    return app


def drawn(app: AppTest) -> AppTest:
    """Run the screen until it shows no progress any more."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        app.run()
        if not app.get("progress"):
            return app
        time.sleep(0.1)
    raise AssertionError("the screen still shows progress")


def type_model(app: AppTest, text: str) -> None:
    """Type a model that the box does not list, and wait for what comes of it."""
    box = app.selectbox("model widget")
    box.options.append(text)
    box.set_value(text)
    drawn(app)


def value(app: AppTest, label: str) -> str:
    return next(metric.value for metric in app.metric if metric.label.startswith(label))


def sentences(app: AppTest) -> list[str]:
    """Warnings and errors as a reader sees them."""
    return [as_read(message.value) for message in (*app.warning, *app.error)]


def as_read(markdown: str) -> str:
    """A text as a reader sees it: escaped marks without their backslash, and without the character of no width."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")


def number(app: AppTest, label: str):
    return next(field for field in app.number_input if field.label == label)
