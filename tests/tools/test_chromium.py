from __future__ import annotations

import pytest

from tests.tools import chromium


def program(folder, script):
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_the_program_that_is_named_comes_first(monkeypatch, tmp_path):
    named = program(tmp_path, 'echo "Chromium 1.0"')
    monkeypatch.setenv("CHROMIUM_PATH", named)
    assert chromium.find_chromium() == named


def test_a_stub_that_only_says_how_to_install_is_passed_over(monkeypatch, tmp_path):
    stub = program(tmp_path, 'echo "Install the chromium snap"; exit 1')
    monkeypatch.setenv("CHROMIUM_PATH", stub)
    assert chromium.find_chromium() != stub


def test_ways_to_install_are_tried_in_turn_until_one_helps(monkeypatch, tmp_path, capsys):
    tried = tmp_path / "tried"
    ways = [["false"], ["touch", str(tried)], ["touch", str(tmp_path / "never")]]
    monkeypatch.setattr(chromium, "_ways_to_install", lambda: iter(ways))
    monkeypatch.setattr(chromium, "find_chromium", lambda: "found" if tried.exists() else None)
    chromium.main()
    assert not (tmp_path / "never").exists()


def test_no_browser_at_all_fails_with_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(chromium, "_ways_to_install", lambda: iter([["false"]]))
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    with pytest.raises(SystemExit) as ended:
        chromium.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {chromium.ADVICE}"
