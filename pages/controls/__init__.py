"""Widgets that several screens use: ranks, questions, a figure with its takeaway."""
