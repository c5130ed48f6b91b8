"""What every test stands on; shapes in the core's signatures are checked by pytest's `--jaxtyping-packages`."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

# The tests need no network; a model id that is not on disk is unreachable rather than slow.
os.environ["HF_HUB_OFFLINE"] = "1"
# What a test sees must not depend on what was done before it was asked for; the tests of that turn it on.
os.environ["TENSORLLM_AHEAD"] = "off"
# Threads that spin while they wait make small linear algebra slow on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Several tests run at once already; threads inside each would only compete.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no reason to fail, and what passed once passes again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Generator[None, Any, Any]:
    """`--dist loadgroup`: the tests in a browser keep to one worker, as they share a server and a browser.

    xdist 3.8 tells a group by a suffix that it writes to a test's id, which pytest 9.2 no longer lets it do; without
    an error, every test is then a group of its own (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    scheduler = yield
    if config.getvalue("dist") == "loadgroup":
        group_of = scheduler._split_scope
        scheduler._split_scope = lambda test: "browser" if test.startswith("tests/browser/") else group_of(test)
    return scheduler
