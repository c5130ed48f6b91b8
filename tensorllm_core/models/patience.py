"""Ask the hub again after errors that may pass, with longer and longer waits; any other error becomes one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tensorllm_core.errors import ModelNotFoundError

__all__ = ["IncompleteBodyError", "connection_errors", "refusal", "retry"]

T = TypeVar("T")

_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt, where the hub does not say how long to wait."""
_LONGEST_WAIT = 30.0
"""Seconds; a hub that says more is asked again after these."""
_BUSY = {408, 425, 429, 500, 502, 503, 504}
"""HTTP answers after which another attempt may succeed."""


class IncompleteBodyError(Exception):
    """The connection ended before all bytes had come."""


def retry(attempt: Callable[[], T], repository: str, revision: str | None) -> T:
    """The result of `attempt`, which is called up to five times while it fails with an error that may pass.

    Raises:
        ModelNotFoundError: the last attempt failed too, or one failed with an error that will not pass.
    """
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    expected: tuple[type[Exception], ...] = (
        HfHubHTTPError,
        HFValidationError,
        IncompleteBodyError,
        *connection_errors(),
    )
    last: Exception | None = None
    for wait in (*_WAITS, None):
        try:
            return attempt()
        except expected as error:
            last = error
            if wait is None or not _may_pass(error):
                break
            _sleep(_seconds_to_wait(error, wait))
    raise refusal(last, repository, revision) from last


def refusal(error: BaseException | None, repository: str, revision: str | None) -> ModelNotFoundError:
    """The error that says in one sentence why the hub did not give a model.

    `error` is one of huggingface_hub or of the connection.
    """
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
        answer, advice = "offline mode (`HF_HUB_OFFLINE`)", "unset it, or give a folder"
    elif isinstance(error, GatedRepoError):
        answer = "a gated model that this token may not read"
        advice = f"ask for access on its page, then log in with `hf auth login` (https://huggingface.co/{repository})"
    elif isinstance(error, RevisionNotFoundError):
        answer, advice = f"no revision `{revision}` there", "check the branch, tag or commit after the `@`"
    elif isinstance(error, RepositoryNotFoundError | HFValidationError):
        answer, advice = (
            "none that this token may read",
            "check the id; for a private model log in with `hf auth login`",
        )
    elif isinstance(error, IncompleteBodyError | RemoteProtocolError):
        answer, advice = "only a part of it, again and again", "try again later, or download it with `hf download`"
    elif status in {401, 403}:
        answer, advice = f"the answer {status}", "log in with `hf auth login` as somebody who may read it"
    elif status in _BUSY:
        answer, advice = f"the answer {status} several times", "try again in some minutes"
    elif status is not None:
        answer, advice = f"the answer {status}", "check the id and the revision"
    else:
        answer, advice = "no connection", "check the network, or give a folder"
    return ModelNotFoundError(f"Expected the model `{repository}` from the Hugging Face hub, got {answer}; {advice}.")


def connection_errors() -> tuple[type[Exception], ...]:
    """The errors that say that there is no connection, or that it broke."""
    import httpx2

    return (httpx2.TransportError, ConnectionError, TimeoutError)


def _may_pass(error: Exception) -> bool:
    from huggingface_hub.errors import OfflineModeIsEnabled

    status = _status(error)
    if status is not None:
        return status in _BUSY
    return isinstance(error, (IncompleteBodyError, *connection_errors())) and not isinstance(
        error, OfflineModeIsEnabled
    )


def _seconds_to_wait(error: Exception, otherwise: float) -> float:
    """As the hub says, within reason; `otherwise` where it says nothing."""
    response = getattr(error, "response", None)
    retry_after = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(retry_after), _LONGEST_WAIT) if retry_after.isdigit() else otherwise


def _status(error: Any) -> int | None:
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
