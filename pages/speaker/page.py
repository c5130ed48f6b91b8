"""The speaker's window: the note of the scene, the next scene, and a clock. It hears of both from the other window."""

from pages.frame.own_component import own_component

_WINDOW = own_component(__file__, "speaker_window")

_WINDOW(key="speaker window")
