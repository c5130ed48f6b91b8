"""The command line: `python -m tensorllm_core <command> ... [--json]`.

Results go to standard output, progress to standard error; bad input ends with one line `error: ...` and exit code 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 after a slow rehearsal, 2 for bad input, 130 when stopped from the keyboard."""
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        # The imports take seconds on a slow disk, and a stop is heard in them too.
        print("stopped", file=sys.stderr)
        return 130


def _run(arguments: Sequence[str]) -> int:
    # OpenMP reads this when PyTorch loads it, so it comes before the imports. By default its threads spin while
    # they wait for one another; on a busy machine that turned a decomposition of 14 ms into one of a second.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from tensorllm_core.commands.bench import add_bench
    from tensorllm_core.commands.compare import add_compare
    from tensorllm_core.commands.decompose import add_decompose
    from tensorllm_core.commands.evaluate import add_evaluate
    from tensorllm_core.commands.inspect import add_inspect
    from tensorllm_core.commands.options import Parser, attach_negative_values
    from tensorllm_core.commands.rehearse import add_rehearse
    from tensorllm_core.commands.scan import add_scan
    from tensorllm_core.errors import ExplorerError

    parser = Parser(
        prog="python -m tensorllm_core",
        description="See, compress and edit the attention of a trained language model.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="command", title="commands")
    for add in (add_decompose, add_evaluate, add_scan, add_compare, add_inspect, add_rehearse, add_bench):
        add(commands.add_parser)
    try:
        options = parser.parse_args(attach_negative_values(arguments))
        return options.run(options) or 0
    except ExplorerError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
