"""Take a picture of every screen, light and dark: `python -m tests.tools.screenshots assets/screenshots`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from pages.frame.navigation import START
from tests.tools.screen import PATHS, THEMES, chromium, complete, new_context
from tests.tools.server import app_server


def main() -> None:
    """Write SCREEN-THEME.png for every screen and theme into a folder, and print their paths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to put the pictures")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, app_server(Path(home)) as server, chromium() as browser:
        for theme in THEMES:
            page = new_context(browser, theme).new_page()
            for path in PATHS:
                page.goto(server.url + path)
                complete(page)
                picture = folder / f"{path.strip('/') or START}-{theme}.png"
                page.screenshot(path=picture)
                print(picture)


if __name__ == "__main__":
    main()
