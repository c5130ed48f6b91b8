"""The pieces of the Show screen."""
