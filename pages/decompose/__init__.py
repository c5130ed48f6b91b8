"""The pieces of the Decompose screen."""
