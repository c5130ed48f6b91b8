"""Rehearse a scene list without a browser; `python -m tensorllm_core rehearse LIST` runs this."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Print how long each scene takes. Returns 0, 1 if a scene would wait, or 2 with one line for bad input."""
    parser = argparse.ArgumentParser(description="Rehearse a scene list.")
    parser.add_argument("list")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.path.insert(0, str(ROOT))
    # Without a server, Streamlit warns of that at every turn.
    logging.disable(logging.WARNING)
    from pages.show.rehearsal import list_named, rehearse
    from tensorllm_core.errors import ExplorerError

    try:
        scenes = list_named(options.list)
        rehearsal = rehearse(scenes, lambda number: print(f"preparing scene {number}", file=sys.stderr))
    except ExplorerError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(rehearsal.as_json()))
    else:
        print(f"{rehearsal.title}: {len(rehearsal.scenes)} scenes, prepared in {rehearsal.prepared_seconds:.1f} s")
        for scene in rehearsal.scenes:
            wait = "waits for a click" if scene.waits_for_click else "waits" if scene.is_slow else ""
            print(f"{scene.number:3}  {scene.milliseconds:8,.0f} ms  {scene.title}  {wait}".rstrip())
            for problem in scene.problems:
                print(f"     {' '.join(problem.split())}")
    return 1 if rehearsal.slow else 0


if __name__ == "__main__":
    sys.exit(main())
