"""Links from before the scene had parts: each still opens the scene that is noted beside it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from pages.session.links import parse_scene, scene_parameters
from pages.session.scene import FIELDS, Scene

LINKS = [
    (
        "/decompose",
        {},
    ),
    (
        "/?model=demo-decoder&layer=2&r1=12&r2=6&r3=4",
        {"model": "demo-decoder", "layer": 2, "r1": 12, "r2": 6, "r3": 4},
    ),
    (
        "/decompose?model=demo-decoder-noisy&layer=1&by=error&error=0.35&tab=Best+ranks",
        {"by": "error", "error": 0.35, "tab": "Best ranks"},
    ),
    (
        "/decompose?model=demo-encoder&layer=3&by=compression&ratio=20&refine=1&tab=Refinement",
        {"model": "demo-encoder", "layer": 3, "by": "compression", "ratio": 20.0, "refine": True, "tab": "Refinement"},
    ),
    (
        "/decompose?model=demo-decoder&layer=1&layout=released-code&r1=12&r2=6&r3=4&view=Q&part=V&group=3&tab=Weights&present=1",
        {
            "model": "demo-decoder",
            "layout": "released-code",
            "r1": 12,
            "r2": 6,
            "r3": 4,
            "group": 3,
            "view": "Q",
            "part": "V",
            "tab": "Weights",
            "present": True,
        },
    ),
    (
        "/decompose?model=demo-decoder-noisy&layer=0&r1=16&r2=2&r3=2&tied=1&device=cpu",
        {"layer": 0, "r1": 16, "r2": 2, "r3": 2, "tied": True, "device": "cpu"},
    ),
    (
        "/overview?model=demo-encoder&layer=0&present=1",
        {"model": "demo-encoder", "layer": 0, "present": True},
    ),
    (
        "/layers?model=demo-encoder&layer=2&fixed_ratio=30&mode=2",
        {"model": "demo-encoder", "layer": 2, "fixed_ratio": 30.0, "mode": 2},
    ),
    (
        "/layers?model=demo-decoder&layer=3&layout=released-code",
        {"model": "demo-decoder", "layer": 3, "layout": "released-code"},
    ),
    (
        "/heads?model=demo-encoder&layer=2&alike=1&group=5&r1=20&r2=8&r3=3",
        {"model": "demo-encoder", "layer": 2, "r1": 20, "r2": 8, "r3": 3, "group": 5, "alike": True},
    ),
    (
        "/heads?model=demo-decoder-noisy&layer=3&by=compression&ratio=8&refine=1",
        {"layer": 3, "by": "compression", "ratio": 8.0, "refine": True},
    ),
    (
        "/reasoning?model=demo-decoder-noisy&layer=1&layers=all&benchmark=world-hop%2Cworld-facts&sample=100&controls=0",
        {"layers": ("all",), "benchmark": ("world-hop", "world-facts"), "sample": 100, "controls": False},
    ),
    (
        "/reasoning?model=demo-decoder-mislabelled&layer=2&r1=4&r2=1&r3=2&split=validation&sample=0&tab=Margins",
        {
            "model": "demo-decoder-mislabelled",
            "layer": 2,
            "r1": 4,
            "r2": 1,
            "r3": 2,
            "tab": "Margins",
            "split": "validation",
            "sample": 0,
        },
    ),
    (
        "/reasoning?model=demo-decoder&layer=1&layers=0%2C2-3&template=Q%3A+%7Bquestion%7D+A%3A&dtype=bfloat16&chosen_on=validation",
        {
            "model": "demo-decoder",
            "layers": ("0", "2-3"),
            "template": "Q: {question} A:",
            "dtype": "bfloat16",
            "chosen_on": "validation",
        },
    ),
    (
        "/reasoning?model=EleutherAI%2Fgpt-j-6b&layer=21&layout=released-code&r1=464&r2=29&r3=4&tied=1&refine=1&benchmark=fever&sample=0&controls=0",
        {
            "model": "EleutherAI/gpt-j-6b",
            "layer": 21,
            "layout": "released-code",
            "r1": 464,
            "r2": 29,
            "r3": 4,
            "tied": True,
            "refine": True,
            "benchmark": ("fever",),
            "sample": 0,
            "controls": False,
        },
    ),
    (
        "/compare?model=demo-decoder-noisy&layer=1&methods=tensorllm%2Claser&budget=12&budgets=4%2C2.1845333333333334&first=laser&second=original",
        {
            "methods": ("tensorllm", "laser"),
            "budget": 12.0,
            "budgets": (2.1845333333333334, 4.0),
            "first": "laser",
            "second": "original",
        },
    ),
    (
        "/compare?model=demo-encoder&layer=1&layers=1-2&budgets=8&sample=250&tab=Any+two+methods",
        {"model": "demo-encoder", "tab": "Any two methods", "layers": ("1-2",), "sample": 250, "budgets": (8.0,)},
    ),
    (
        "/papers?model=demo-decoder-noisy&layer=1&table=III&cell=llama2-hotpotqa&variant=2",
        {"table": "III", "cell": "llama2-hotpotqa", "variant": "2"},
    ),
    (
        "/papers?table=ranks&cell=gptj-fever&triple=2&cell_layer=12&dtype=float16",
        {"dtype": "float16", "table": "ranks", "triple": 2, "cell_layer": 12},
    ),
    (
        "/papers?table=IV&cell=gptj-bios&variant=Q&present=1",
        {"present": True, "table": "IV", "cell": "gptj-bios", "variant": "Q"},
    ),
    (
        "/reasoning?model=demo-encoder&layer=0&benchmark=own+file&split=all&tab=Rank+scan",
        {"model": "demo-encoder", "layer": 0, "tab": "Rank scan", "benchmark": ("own file",), "split": "all"},
    ),
    (
        "/compare?model=demo-decoder-mislabelled&layer=2&layers=2&methods=tensorllm&tab=Download",
        {
            "model": "demo-decoder-mislabelled",
            "layer": 2,
            "tab": "Download",
            "layers": ("2",),
            "methods": ("tensorllm",),
        },
    ),
]


@pytest.mark.parametrize(("link", "expected"), LINKS)
def test_an_old_link_opens_the_same_scene(link, expected):
    scene, notices = parse_scene(dict(parse_qsl(urlsplit(link).query)))
    assert notices == ()
    changed = {name: scene.value(name) for name in FIELDS if scene.value(name) != Scene().value(name)}
    assert changed == expected
    assert parse_scene(scene_parameters(scene)) == (scene, ())
