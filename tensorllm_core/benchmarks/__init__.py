"""Benchmarks: questions with gold answers, how they are asked and how answers are scored."""
