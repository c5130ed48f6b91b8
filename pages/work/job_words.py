"""What a progress bar says: the work, its step, the time left, and for what it waits."""

from __future__ import annotations

from pages.work.task import Ahead, Snapshot, State

__all__ = ["status_text"]


def status_text(title: str, snapshot: Snapshot) -> str:
    """The line above a progress bar; the words of the work itself are shown as they are."""
    if snapshot.stopping:
        return f"{title}: stopping"
    if snapshot.ahead is not None:
        return f"{title}: waits for {_waits_for(snapshot.ahead, snapshot.position)}"
    if snapshot.state is State.WAITING:
        return f"{title}: begins"
    left = snapshot.seconds_left
    words = [snapshot.message, _span(snapshot.seconds), "" if left is None else f"about {_span(left)} left"]
    return f"{title}: {', '.join(word for word in words if word)}"


def _waits_for(ahead: Ahead, position: int) -> str:
    """What a waiting task waits for.

    >>> _waits_for(Ahead("Comparing", False, False, 200.0), 2)
    '“Comparing” of another visitor (about 3 min left) and 1 more'
    >>> _waits_for(Ahead("Comparing", True, False, None), 1)
    '“Comparing”, which you asked for before'
    """
    more = f" and {position - 1} more" if position > 1 else ""
    if ahead.stopping:
        return f"“{ahead.title}”, which is stopping{more}"
    whose = ", which you asked for before" if ahead.yours else " of another visitor"
    left = "" if ahead.seconds_left is None else f" (about {_span(ahead.seconds_left)} left)"
    return f"“{ahead.title}”{whose}{left}{more}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
