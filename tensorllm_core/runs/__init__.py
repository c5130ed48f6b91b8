"""The runs: what a person can do with the tool; screens and commands call these functions and no others.

Analyse a layer, decide ranks, plan and run an edit, scan ranks, compare methods, record a measurement. No file here
knows a screen, a cache or a session: what is costly comes in as `Resources`, results and notices go out as values, and
only `record` writes, to the store that it gets.
"""
