"""`rehearse` plays a list of scenes in a process of its own, and names those that would wait."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pages.show.rehearsal import Rehearsal, SceneTime
from tests.tools.server import ROOT


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tensorllm_core", "rehearse", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_list_in_a_file_is_rehearsed_as_one_json_object(tmp_path):
    scenes = [
        {"title": "Ranks", "link": "decompose?layer=2&r1=12&r2=6&r3=4"},
        {"title": "Heads", "link": "heads?model=demo-encoder&colour=red"},
    ]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"title": "Mine", "scenes": scenes}))
    done = rehearse(str(file), "--json")
    told = json.loads(done.stdout)
    assert (told["title"], [scene["title"] for scene in told["scenes"]]) == ("Mine", ["Ranks", "Heads"])
    assert all(scene["milliseconds"] > 0 and not scene["waits_for_click"] for scene in told["scenes"])
    assert "`colour`" in told["scenes"][1]["problems"][0]
    assert "preparing scene 1" in done.stderr
    # How quick it is depends on the machine; the status follows from it.
    assert done.returncode == (1 if told["slow"] else 0)


@pytest.mark.parametrize("name", ["nope", "--help-me"])
def test_a_list_that_does_not_exist_is_refused_in_one_line(name):
    done = rehearse("--", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: Expected")
    assert done.stderr.count("\n") == 1


def test_a_scene_that_takes_long_or_waits_for_a_click_is_slow():
    times = (
        SceneTime(1, "A", 300.0, False, ()),
        SceneTime(2, "B", 300.1, False, ()),
        SceneTime(3, "C", 1.0, True, ()),
    )
    assert Rehearsal("T", 1.0, times).as_json()["slow"] == [2, 3]
