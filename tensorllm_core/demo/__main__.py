"""`python -m tensorllm_core.demo train | report | picture`: make the bundled models, and what is shown of them.

`report` measures what compression does to them; `picture` computes the picture on the app's front door.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from tensorllm_core.demo.head_picture import write_head_picture
from tensorllm_core.demo.make import has_all_models, make_all
from tensorllm_core.demo.report import as_markdown, as_plain, measure
from tensorllm_core.errors import ExplorerError, FileAccessError, RequestError

__all__ = ["main"]

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
_OTHER_SEEDS = Path("build") / "demo"


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, or 2 with one line on standard error for input that cannot be used."""
    options = _parser().parse_args(arguments)
    # Models this small are scored fastest on one thread, above all on a busy machine.
    torch.set_num_threads(1)
    try:
        if options.command == "train":
            _make(options.seed, options.out)
        elif options.command == "picture":
            write_head_picture()
        else:
            _report(_seeds(options.seeds), options.json)
    except ExplorerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _make(seed: int, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        make_all(seed, out)
    except OSError as error:
        raise FileAccessError(
            f"Expected to write the models below {out}, got “{error.strerror or error}”; choose another folder with "
            "--out."
        ) from error


def _report(seeds: list[int], as_json: bool) -> None:
    results = []
    for seed in seeds:
        folder = _ASSETS if seed == 0 else _OTHER_SEEDS / f"seed-{seed}"
        if not has_all_models(folder):
            _make(seed, folder)
        print(f"measuring seed {seed} in {folder}", file=sys.stderr)
        results.append(measure(seed, folder))
    print(json.dumps({"seeds": [as_plain(result) for result in results]}) if as_json else as_markdown(results))


def _seeds(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise RequestError(f"Expected seeds like `0,1,2`, got `{text}`; give whole numbers separated by commas.")
    return [int(part) for part in parts]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tensorllm_core.demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="make the four bundled models and the four benchmarks")
    train.add_argument("--seed", type=int, default=0, help="seed of the world, the training and the damage")
    train.add_argument("--out", type=Path, default=_ASSETS, help="folder for models/ and benchmarks/")
    report = commands.add_parser("report", help="tables of accuracy and of denoising, over seeds")
    report.add_argument(
        "--seeds", default="0,1,2", help="seeds; models of another seed than 0 are written to build/demo"
    )
    commands.add_parser("picture", help="write anew the file of the picture on the front door, from demo-decoder")
    report.add_argument("--json", action="store_true", help="print one JSON object instead of Markdown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
