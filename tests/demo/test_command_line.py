"""`python -m tensorllm_core.demo`: one line and status 2 for input that cannot be used."""

from __future__ import annotations

import pytest

from tensorllm_core.demo import __main__ as command_line


@pytest.mark.parametrize("seeds", ["", "one", "0,-1", "0,,1", "²"])
def test_seeds_that_are_no_whole_numbers_are_refused_in_one_line(seeds, capsys):
    assert command_line.main(["report", f"--seeds={seeds}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: Expected seeds like `0,1,2`")
    assert error.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("in the way")
    assert command_line.main(["train", "--out", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: Expected to write the models below")
    assert error.count("\n") == 1
