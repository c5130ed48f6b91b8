"""The pieces of the Layers screen."""
