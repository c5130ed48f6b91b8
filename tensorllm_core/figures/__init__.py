"""One file per plot: plain data in, a plotly figure out."""
