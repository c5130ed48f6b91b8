"""Where the rows of a public data set come from, and what the error says where there are none."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import datasets
import huggingface_hub
import pandas as pd
import pytest
from datasets.packaged_modules.json.json import Json
from huggingface_hub.errors import OfflineModeIsEnabled

from tensorllm_core.benchmarks.hub import HubData, hub_rows
from tensorllm_core.errors import BenchmarkError

DATA = HubData("owner/some_data", "v1.0", ("one", "two"), {"text": str, "label": int})
ROWS = {"one": [{"text": "a", "label": 1, "more": "x"}], "two": [{"text": "b", "label": 2, "more": "x"}]}
READ = ([{"text": "a", "label": 1}], [{"text": "b", "label": 2}])


def write_lines(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    for split, split_rows in rows.items():
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, split_rows)), encoding="utf-8")
    return folder


def write_converted(folder):
    """Files as the hub's converted copies have them."""
    for split, rows in ROWS.items():
        (folder / "v1.0" / split).mkdir(parents=True)
        pd.DataFrame(rows).to_parquet(folder / "v1.0" / split / "0000.parquet")


@pytest.fixture
def answers(monkeypatch):
    """Lets the hub answer with a status, or with an error."""

    def answers(status=200, error=None):
        def head(address, **options):
            if error is not None:
                raise error
            return SimpleNamespace(status_code=status)

        monkeypatch.setattr(huggingface_hub, "get_session", lambda: SimpleNamespace(head=head))

    return answers


def test_a_folder_of_json_lines_is_read(tmp_path):
    assert hub_rows(DATA, write_lines(tmp_path, ROWS)) == READ


def test_a_folder_of_parquet_files_is_read_whole_or_in_parts(tmp_path):
    pd.DataFrame(ROWS["one"]).to_parquet(tmp_path / "one.parquet")
    for part in range(2):
        pd.DataFrame(ROWS["two"]).to_parquet(tmp_path / f"two-0000{part}-of-00002.parquet")
    assert hub_rows(DATA, tmp_path) == (READ[0], READ[1] * 2)


def test_a_row_of_another_type_is_left_out(tmp_path):
    others = [{"text": None, "label": 1}, {"text": "c", "label": None}, {"text": "c", "label": True}]
    rows = {"one": [*ROWS["one"], *others], "two": ROWS["two"]}
    assert hub_rows(DATA, write_lines(tmp_path, rows)) == READ


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (list[str], ["a"], [5]),
        (list[str], [], "a"),
        (int | str, "a", True),
        (bool, True, 1),
        (bool | int, True, "a"),
        ({"text": list[str], "label": str}, {"text": ["a"], "label": "b"}, {"text": ["a"], "label": 5}),
        ({"text": str}, {"text": "a"}, {"label": "a"}),
        ({"text": str}, {"text": "a"}, ["a"]),
    ],
)
def test_a_column_may_hold_lists_and_objects(tmp_path, kind, right, wrong):
    data = HubData("owner/some_data", "v1.0", ("one",), {"value": kind})
    (rows,) = hub_rows(data, write_lines(tmp_path, {"one": [{"value": right}, {"value": wrong}]}))
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({"one": ROWS["one"]}, "no file `two.jsonl` or `two.parquet` there"),
        ({"one": [{"label": 1}], "two": ROWS["two"]}, "no column `text` among `label`"),
        ({"one": [], "two": ROWS["two"]}, "an empty file `one.jsonl` there"),
    ],
)
def test_a_folder_that_lacks_something_is_refused_with_what_belongs_there(tmp_path, rows, reason):
    with pytest.raises(BenchmarkError) as refused:
        hub_rows(DATA, write_lines(tmp_path, rows))
    assert str(refused.value) == (
        f"Expected a copy of the data set `owner/some_data` in {tmp_path}, got {reason}; put `one.jsonl` and "
        "`two.jsonl` there, with the columns `text` and `label`."
    )


def test_a_broken_file_is_refused_with_the_first_cause(tmp_path):
    write_lines(tmp_path, ROWS)
    (tmp_path / "two.jsonl").write_text('{"text": ', encoding="utf-8")
    with pytest.raises(BenchmarkError, match=r"^Expected a copy [^\n]+ got ArrowInvalid \(JSON parse error[^\n]+\.$"):
        hub_rows(DATA, tmp_path)


def test_offline_is_an_error_at_once_that_names_the_file_that_would_do():
    start = time.perf_counter()
    with pytest.raises(BenchmarkError) as refused:
        hub_rows(DATA)
    assert time.perf_counter() - start < 5
    assert str(refused.value) == (
        "Expected the data set `owner/some_data` from the Hugging Face hub, got offline mode (`HF_HUB_OFFLINE`) and no "
        "copy in this machine's cache; try again when the hub can be reached, or write the questions to a .jsonl file "
        "with the fields `question` and `answer` and choose that file."
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 404}, "no such data set there (status 404)"),
        ({"status": 503}, "status 503 from https://"),
        ({"error": TimeoutError("slow")}, "(TimeoutError)"),
        ({"error": OSError("no route")}, "(OSError)"),
    ],
)
def test_a_hub_that_refuses_gets_no_second_request(answers, monkeypatch, answer, reason):
    answers(**answer)
    monkeypatch.setattr(datasets, "load_dataset", lambda *names, **options: pytest.fail("a second request"))
    with pytest.raises(BenchmarkError) as refused:
        hub_rows(DATA)
    assert reason in str(refused.value)


def test_a_download_that_fails_is_an_error_with_its_cause(answers, monkeypatch):
    def fails(*names, **options):
        raise ConnectionError("cable\nwas pulled")

    answers()
    monkeypatch.setattr(datasets, "load_dataset", fails)
    with pytest.raises(BenchmarkError, match=r"hub, got ConnectionError \(cable\); try again when"):
        hub_rows(DATA)


def test_a_data_set_that_a_program_makes_is_read_from_its_converted_copy(answers, monkeypatch, tmp_path):
    load, downloads = datasets.load_dataset, []

    def refuses_programs(name, *rest, **options):
        if name == DATA.repository:
            raise RuntimeError("Dataset scripts are no longer supported, but found some_data.py")
        return load(name, *rest, **options)

    def download(repository, **options):
        downloads.append((repository, options["revision"], options["allow_patterns"]))
        write_converted(tmp_path)
        return str(tmp_path)

    answers()
    monkeypatch.setattr(datasets, "load_dataset", refuses_programs)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert hub_rows(DATA) == READ
    assert downloads == [(DATA.repository, "refs/convert/parquet", ["v1.0/one/*.parquet", "v1.0/two/*.parquet"])]


def test_without_the_hub_the_cached_copy_is_read(caches, tmp_path):
    write_lines(tmp_path, ROWS)
    files = {split: str(tmp_path / f"{split}.jsonl") for split in ROWS}
    builder = Json(dataset_name="some_data", hash="0" * 40, data_files=files)
    builder.download_and_prepare()
    # Named as a download from the hub names it; local files are named by their content.
    built = caches / "datasets" / "some_data" / builder.config_id
    information = built / "0.0.0" / ("0" * 40) / "dataset_info.json"
    information.write_text(json.dumps(json.loads(information.read_text()) | {"config_name": "v1.0"}))
    (caches / "datasets" / "owner___some_data").mkdir()
    built.rename(caches / "datasets" / "owner___some_data" / "v1.0")
    assert hub_rows(DATA) == READ


def test_without_the_hub_the_cached_converted_copy_is_read(caches, answers):
    answers(error=OfflineModeIsEnabled("off"))
    repository = caches / "hub" / "datasets--owner--some_data"
    commit = "0123456789abcdef0123456789abcdef01234567"
    write_converted(repository / "snapshots" / commit)
    (repository / "refs" / "refs" / "convert").mkdir(parents=True)
    (repository / "refs" / "refs" / "convert" / "parquet").write_text(commit)
    assert hub_rows(DATA) == READ
