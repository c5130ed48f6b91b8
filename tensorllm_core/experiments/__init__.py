"""Experiments: models asked before and after an edit, and what one may conclude."""
