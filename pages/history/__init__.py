"""The pieces of the History screen."""
