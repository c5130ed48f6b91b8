"""The scene of one browser tab: its parts, its link, and the state that holds it."""
