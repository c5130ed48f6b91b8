"""Ask the hub patiently: again, later and later, what may succeed another time; one sentence for what does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tensorllm_core.errors import ModelNotFoundError

__all__ = ["HalfABody", "connection_errors", "patiently", "refusal"]

T = TypeVar("T")

_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt, where the hub does not say how long to wait."""
_LONGEST_WAIT = 30.0
_BUSY = {408, 425, 429, 500, 502, 503, 504}


class HalfABody(Exception):
    """The connection ended before all bytes had come."""


def patiently(attempt: Callable[[], T], repository: str, revision: str | None) -> T:
    """What an attempt returns; those that fail for now are followed by a few more.

    Raises:
        ModelNotFoundError: the last one failed too, or for good.
    """
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    expected: tuple[type[Exception], ...] = (HfHubHTTPError, HFValidationError, HalfABody, *connection_errors())
    last: Exception | None = None
    for wait in (*_WAITS, None):
        try:
            return attempt()
        except expected as error:
            last = error
            if wait is None or not _may_pass(error):
                break
            _sleep(_asked_wait(error, wait))
    raise refusal(last, repository, revision) from last


def refusal(error: BaseException | None, repository: str, revision: str | None) -> ModelNotFoundError:
    """The sentence for an error of huggingface_hub or of the connection."""
    from httpx2 import RemoteProtocolError
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    status = _status(error)
    if isinstance(error, OfflineModeIsEnabled):
        came, advice = "offline mode (`HF_HUB_OFFLINE`)", "unset it, or give a folder"
    elif isinstance(error, GatedRepoError):
        came = "a gated model that this token may not read"
        advice = f"ask for access on its page, then log in with `hf auth login` (https://huggingface.co/{repository})"
    elif isinstance(error, RevisionNotFoundError):
        came, advice = f"no revision `{revision}` there", "check the branch, tag or commit after the `@`"
    elif isinstance(error, RepositoryNotFoundError | HFValidationError):
        came, advice = "none that this token may read", "check the id; for a private model log in with `hf auth login`"
    elif isinstance(error, HalfABody | RemoteProtocolError):
        came, advice = "only a part of it, again and again", "try again later, or download it with `hf download`"
    elif status in {401, 403}:
        came, advice = f"the answer {status}", "log in with `hf auth login` as somebody who may read it"
    elif status in _BUSY:
        came, advice = f"the answer {status} several times", "try again in some minutes"
    elif status is not None:
        came, advice = f"the answer {status}", "check the id and the revision"
    else:
        came, advice = "no connection", "check the network, or give a folder"
    return ModelNotFoundError(f"Expected the model `{repository}` from the Hugging Face hub, got {came}; {advice}.")


def connection_errors() -> tuple[type[Exception], ...]:
    """What is raised where there is no connection, or no longer one."""
    import httpx2

    return (httpx2.TransportError, ConnectionError, TimeoutError)


def _may_pass(error: Exception) -> bool:
    from huggingface_hub.errors import OfflineModeIsEnabled

    status = _status(error)
    if status is not None:
        return status in _BUSY
    return isinstance(error, (HalfABody, *connection_errors())) and not isinstance(error, OfflineModeIsEnabled)


def _asked_wait(error: Exception, otherwise: float) -> float:
    response = getattr(error, "response", None)
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(asked), _LONGEST_WAIT) if asked.isdigit() else otherwise


def _status(error: Any) -> int | None:
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
