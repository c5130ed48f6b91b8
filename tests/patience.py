"""How long a test waits for what must come: no measurement, for a busy machine may be slow."""

PATIENCE = 300.0
"""Seconds. A test that hangs ends later, by the `timeout` of pyproject.toml."""
