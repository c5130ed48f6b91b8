"""What the dialog on a lost connection says: how this app is started again, instead of how any Streamlit app is.

The dialog is drawn by Streamlit's own scripts, in the browser, when the server has gone. Its words cannot be set; a
style that came with the screen hides them and shows others in their place.
"""

from __future__ import annotations

__all__ = ["lost_connection_style"]

_USUAL_PORT = 8501
_WORDS = "The app has ended or does not answer. Start it again in its folder; this screen then goes on by itself:"
_BLOCK = '[role="dialog"] [data-testid="stErrorCodeBlock"]'
_SENTENCE = '[role="dialog"] div:has(> [data-testid="stErrorCodeBlock"]) > div:first-child:not([data-testid])'
_STYLE = f"""
<style>
{_SENTENCE}, {_BLOCK} code {{visibility: hidden; font-size: 0;}}
{_SENTENCE}::after, {_BLOCK} code::after {{visibility: visible; font-size: 1rem;}}
{_SENTENCE}::after {{content: "{_WORDS}";}}
{_BLOCK} code::after {{content: "COMMAND";}}
{_BLOCK} [data-testid="stElementToolbarButton"] {{display: none;}}
</style>
"""


def lost_connection_style(port: int) -> str:
    """The style, for an app that is served on this port.

    >>> "make run PORT=8600" in lost_connection_style(8600), "PORT" in lost_connection_style(8501)
    (True, False)
    """
    return _STYLE.replace("COMMAND", "make run" if port == _USUAL_PORT else f"make run PORT={port:d}")
