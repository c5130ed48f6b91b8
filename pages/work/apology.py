"""What becomes of an error: the sentence that a visitor reads, our own or an apology with an id, and free memory."""

from __future__ import annotations

import logging
import secrets
import traceback

from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.devices import is_out_of_memory

__all__ = ["free", "sentence_for"]

_LOG = logging.getLogger(__name__)
_NUMBER = "number_in_log"


def sentence_for(error: BaseException) -> str:
    """The sentence for an error: its own if it is one of ours, else an apology with the id of its entry in the log."""
    if isinstance(error, ExplorerError):
        return str(error)
    number = getattr(error, _NUMBER, None)
    if number is None:
        # An error of background work comes here twice: in the worker and on the page. It is logged once.
        number = secrets.token_hex(4)
        setattr(error, _NUMBER, number)
        _LOG.error("bug %s", number, exc_info=error)
    if is_out_of_memory(error):
        return f"This needs more memory than there is (id {number}); use a smaller model, or fewer layers or questions."
    return (
        f"Something went wrong on our side (id {number}, noted in the server's log). "
        "Your settings are kept: change one of them, or reload the page."
    )


def free(error: BaseException | None) -> None:
    """Free what the work that failed with this error still holds: if memory ran out, that is all of it."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
