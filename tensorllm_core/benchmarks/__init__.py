"""Benchmarks: questions with gold answers, how a model is asked them and how its answers are scored."""
