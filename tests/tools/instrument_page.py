"""The instrument alone in a page of a browser, without the app: its modules as they stand, and a layer made up here."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Page, Route

from pages.instrument.bundle import MODULES, style, vendored
from pages.instrument.live import look_of
from tensorllm_core.figures.theme import Appearance, look
from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.rank_choice import rank_limits
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.plan import LayerPlan
from tensorllm_core.types import AttentionTensor, Layout, TensorShape

ADDRESS = "http://instrument.test/"
_SCRIPTS = Path(__file__).resolve().parents[2] / "pages" / "instrument" / "scripts"
_PAGE = f"""<!doctype html><style>body {{ margin: 0; font-family: sans-serif; --st-text-color: #1f2328;
--st-background-color: #fff; --st-border-color: #d9dde3; --st-secondary-background-color: #f4f5f7;
--st-primary-color: #4f46e5; --st-font: sans-serif; }} {style()}</style><div class="root"></div>
<script src="vendored.js"></script>"""


def open_modules(page: Page) -> None:
    """Open a page in which `modules` holds what every module exports, by the module's name."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        if name == "vendored.js":
            route.fulfill(body=f"{vendored()}\nglobalThis.instrumentD3 = module_d3.d3", content_type="text/javascript")
        elif name.endswith(".js"):
            route.fulfill(body=(_SCRIPTS / name).read_text(encoding="utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body=_PAGE, content_type="text/html")

    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    page.evaluate(
        """async names => {
            window.modules = {}
            for (const name of names) window.modules[name] = await import(`./${name}.js`)
        }""",
        list(MODULES),
    )


def open_layer(page: Page, blob: bytes, kind: str = "decompose", **scene: Any) -> None:
    """Show a layer; `released` collects what the board would tell the server. Values of the scene may be given."""
    page.evaluate(
        """([text, scene, kind]) => {
            const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
            window.layer = modules.blob.readBlob(bytes)
            window.released = []
            window.frames = []
            const root = document.querySelector(".root")
            window.instrument?.remove()
            const send = told => window.released.push(told)
            window.instrument = new modules.board.Board(root, modules[kind][kind.toUpperCase()], send, window.frames)
            window.instrument.show(window.layer, scene)
        }""",
        [base64.b64encode(blob).decode(), scene_message(**scene), kind],
    )
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def scene_message(**values: Any) -> dict[str, Any]:
    """A scene as the app sends it, but for these values."""
    message = {
        "key": "a layer",
        "echo": 0,
        "by": "ranks",
        "chosen": [6, 4, 2],
        "isSuggested": False,
        "error": 0.5,
        "ratio": 10.0,
        "tied": False,
        "refine": False,
        "view": "1",
        "group": 0,
        "pins": [],
        "isAbsolute": False,
        "alike": False,
        "order": [],
        "exact": None,
        "gone": 0.95,
        "suggestedBy": "suggested",
        "look": look_of(look(Appearance.LIGHT)),
        "scale": 1.0,
        "isPresented": False,
    }
    return json.loads(json.dumps(message | values))


def made_up_analysis(shape: TensorShape, seed: int = 0) -> LayerAnalysis:
    """A layer whose core has random entries that fall off along each mode; its bases are those of the axes."""
    generator = torch.Generator().manual_seed(seed)
    limits = rank_limits(shape)
    core = torch.randn(*limits, shape.group, generator=generator)
    for axis, side in enumerate(limits):
        weight = torch.arange(1, side + 1, dtype=torch.float32).pow(-0.5)
        core *= weight.reshape([-1 if place == axis else 1 for place in range(4)])
    energy = core.square().sum(dim=3)
    others = ((1, 2), (0, 2), (0, 1))
    first, second, third = (energy.sum(dim=axes).double().sqrt().sort(descending=True).values for axes in others)
    u1, u2, u3 = (torch.eye(side, rank) for side, rank in zip(shape, limits, strict=False))
    decomposition = Hosvd(core, u1, u2, u3, (first, second, third))
    parts = tuple("QKVO") if shape.part == 4 else tuple(f"Q{place}" for place in range(shape.part))
    plan = LayerPlan("demo-decoder", "made up", 0, Layout.PAPER, "cpu")
    tensor = AttentionTensor(torch.empty(*shape), parts, Layout.PAPER)
    return LayerAnalysis(plan, tensor, decomposition, landscape(decomposition))
