"""Tensorisation, decomposition and editing of transformer attention; knows no user interface."""
