"""What every test stands on; shapes in the core's signatures are checked by pytest's `--jaxtyping-packages`."""

from __future__ import annotations

import os

from hypothesis import settings

# The tests need no network; a model id that is not on disk is unreachable rather than slow.
os.environ["HF_HUB_OFFLINE"] = "1"
# Threads that spin while they wait make small linear algebra slow on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Several tests run at once already; threads inside each would only compete.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no reason to fail, and what passed once passes again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
