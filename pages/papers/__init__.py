"""The pieces of the Papers screen."""
