"""The pieces of the Reasoning screen."""
