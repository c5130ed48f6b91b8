"""Which tracebacks in the output of a server are the app's."""

from __future__ import annotations

from tests.tools.server import tracebacks

TWICE = """Exception in ASGI application
Traceback (most recent call last):
  File "starlette_websocket.py", line 516, in _websocket_endpoint
starlette.websockets.WebSocketDisconnected: WebSocket is not connected. Need to call "accept" first.

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "starlette_websocket.py", line 524, in _websocket_endpoint
starlette.websockets.WebSocketDisconnected: Cannot call "send" once a close message has been sent.
"""
OURS = """Traceback (most recent call last):
  File "page.py", line 5, in screen
ValueError: wrong
"""
OTHER = f"Exception in ASGI application\n{OURS}"


def test_a_connection_that_is_closed_twice_is_no_fault_of_the_app():
    assert tracebacks("") == tracebacks(TWICE) == tracebacks(f"  URL: x\n{TWICE}{TWICE}  Stopping...\n") == []


def test_every_other_traceback_is():
    for output in (OURS, OTHER, TWICE + OURS, OURS + TWICE, OTHER + TWICE, TWICE + OTHER):
        (found,) = tracebacks(output)
        assert "ValueError: wrong" in found
