"""The pieces of the Compare screen."""
