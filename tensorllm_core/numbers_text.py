"""Numbers in the sentences of screens and of the command line: one way to write each kind of them.

A change of a share is in percentage points with its sign, a share is in percent, and an interval stands in brackets.
"""

from __future__ import annotations

__all__ = ["change_text", "interval_text", "p_text", "points_text", "ratio_text", "share_text", "signed_points"]


def share_text(share: float, digits: int = 0) -> str:
    """A share as a percentage; below 1% with one digit after the point at least.

    >>> share_text(0.24), share_text(0.523, 1), share_text(0.004)
    ('24%', '52.3%', '0.4%')
    """
    return f"{_percent(share):.{digits if share >= 0.01 else max(digits, 1)}f}%"


def signed_points(share: float) -> str:
    """A difference of shares in percentage points, for where the unit stands elsewhere.

    >>> signed_points(0.032), signed_points(-0.0001)
    ('+3.2', '+0.0')
    """
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(_percent(share), 1) + 0.0:+.1f}"


def points_text(share: float) -> str:
    """A change of a share, in percentage points.

    >>> points_text(0.032), points_text(-0.0001)
    ('+3.2 points', '+0.0 points')
    """
    return f"{signed_points(share)} points"


def interval_text(low: float, high: float) -> str:
    """The interval of a change of a share, in percentage points.

    >>> interval_text(0.019, 0.041)
    '[+1.9, +4.1]'
    """
    return f"[{signed_points(low)}, {signed_points(high)}]"


def change_text(delta: float, low: float, high: float) -> str:
    """A change of a share with its interval, in percentage points.

    >>> change_text(0.03, 0.019, 0.041)
    '+3.0 points [+1.9, +4.1]'
    """
    return f"{points_text(delta)} {interval_text(low, high)}"


def p_text(p: float) -> str:
    """The p-value of a test.

    >>> p_text(0.0292), p_text(4e-7)
    ('p = 0.029', 'p < 0.0001')
    """
    return f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001"


def ratio_text(ratio: float) -> str:
    """How many times smaller a layer is; from 100 on without a fraction.

    >>> ratio_text(16.58), ratio_text(1234.5)
    ('16.6x', '1,234x')
    """
    return f"{ratio:.1f}x" if ratio < 100 else f"{ratio:,.0f}x"


def _percent(share: float) -> float:
    """A share in percent, without what the last bits of a sum add: means of the same answers round alike.

    >>> _percent(0.4925), _percent(0.49250000000000005)
    (49.25, 49.25)
    """
    return round(100 * share, 9)
