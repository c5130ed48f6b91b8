"""Linear algebra of the Tucker decomposition with a group mode; knows no transformer."""
