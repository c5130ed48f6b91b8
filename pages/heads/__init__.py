"""The pieces of the Heads screen."""
