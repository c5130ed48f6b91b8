"""Start the app on a port, or say in one sentence why it cannot: `python scripts/start.py --port 8501`."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> None:
    """Serve the app; exit with 2 and one line on standard error when the port cannot be used."""
    parser = argparse.ArgumentParser(description="Start TensorLLM Explorer.")
    parser.add_argument("--port", default="8501", help="port of this machine to serve on (default: 8501)")
    obstacle = port_obstacle(port := parser.parse_args(arguments).port)
    if obstacle:
        print(f"error: {obstacle}", file=sys.stderr)
        raise SystemExit(2)
    os.chdir(ROOT)
    # OpenMP reads this when PyTorch loads it. By default its threads spin while they wait for one another, which
    # on a busy machine makes a decomposition of some milliseconds one of a second.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # SciPy's BLAS has no such setting. With one thread, the eigenvectors of a layer with 4,096 rows take two seconds
    # longer on a machine that does nothing else, and a minute less beside a busy browser. PyTorch's BLAS is another.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Until the libraries are imported, looking for garbage takes a quarter of the time and finds none.
    gc.disable()
    sys.path.insert(0, str(ROOT))
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    from pages.frame import loading

    # Beside a folder called `pages`, Streamlit looks there for the screen of a first visitor's link, and says "Page not
    # found" until app.py has named the screens. All of ours are named there.
    PagesManager.uses_pages_directory = False
    loading.begin()
    cli.main(["run", "app.py", "--server.port", port], prog_name="streamlit")


def port_obstacle(port: str) -> str | None:
    """What stands in the way of serving on this port of localhost, as one sentence; None if nothing does."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        return f"Expected a port from 1 to 65535, got `{port}`; give one as in `make run PORT=8600`."
    for family, kind, protocol, _, address in socket.getaddrinfo("localhost", int(port), type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind, protocol) as probe:
                # Connections that a stopped server left behind do not count as use.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except PermissionError:
            return f"Expected a port that may be used, got {port}, which this user may not; choose one above 1023."
        except OSError:
            if _answers(address, family):
                return (
                    f"Expected a free port, got {port}, which another program uses; "
                    f"stop it or choose another port as in `make run PORT={_neighbour(int(port))}`."
                )
    return None


def _answers(address: tuple, family: int) -> bool:
    # An address that does not exist here, such as ::1 without IPv6, cannot be bound either, yet is no obstacle.
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(1)
        return caller.connect_ex(address) == 0


def _neighbour(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


if __name__ == "__main__":
    main()
