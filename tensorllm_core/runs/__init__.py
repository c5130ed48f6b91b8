"""What one does with the tool; screens and commands call these functions and no others.

Analyse a layer, decide ranks, plan and run an edit, scan ranks, compare methods, record what was measured. No file here
knows a screen, a cache or a session: what is costly comes in as `Resources`, results and notices go out as values, and
only `record` writes, to the place that it is given.
"""
