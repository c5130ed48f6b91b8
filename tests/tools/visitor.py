"""A visitor without a browser, who speaks the app's own protocol: what the server takes, and nothing else.

In a browser the answer waits for the drawing of its own beginning; here it is read as fast as it comes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.patience import PATIENCE


@dataclass
class Visitor:
    """One connection to the app, and the rank sliders that its latest answer showed, by label."""

    connection: ClientConnection
    sliders: dict[str, Slider] = field(default_factory=dict)
    fragment: str = ""

    def open(self, page: str, patience: float = PATIENCE) -> None:
        """Ask for a page until it shows its sliders.

        Raises:
            TimeoutError: it does not within `patience` seconds.
        """
        deadline = time.perf_counter() + patience
        request = BackMsg()
        request.rerun_script.page_name = page
        # The sliders of the plain figures: those of the live ones ask the server nothing.
        request.rerun_script.query_string = "plain=1"
        while not self.sliders:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{page} showed no slider within {patience:g} seconds")
            self._answer(request)

    def move(self, label: str) -> float:
        """Let go of a slider one step higher; the seconds until the server's answer has come whole."""
        slider = self.sliders[label]
        request = BackMsg()
        request.rerun_script.fragment_id = self.fragment
        state = request.rerun_script.widget_states.widgets.add(id=slider.id)
        state.double_array_value.data.append(_value(slider) + slider.step)
        return self._answer(request)

    def _answer(self, request: BackMsg) -> float:
        started = time.perf_counter()
        self.connection.send(request.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.connection.recv(timeout=PATIENCE))
            if message.WhichOneof("type") == "delta" and message.delta.new_element.WhichOneof("type") == "slider":
                slider = message.delta.new_element.slider
                self.sliders[slider.label], self.fragment = slider, message.delta.fragment_id
            # A run that ends early makes way for another one.
            early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if message.WhichOneof("type") == "script_finished" and message.script_finished != early:
                return time.perf_counter() - started


@contextmanager
def visitor(url: str) -> Iterator[Visitor]:
    """Connect to the app at that address."""
    address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, compression=None) as connection:
        yield Visitor(connection)


def _value(slider: Slider) -> float:
    return slider.value[0] if slider.set_value else slider.default[0]
