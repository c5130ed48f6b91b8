"""TensorLLM Explorer: routes to the screens in pages/, nothing else."""

from pages.frame.loading import show_outline_until_loaded
from pages.frame.navigation import route

page = route()
show_outline_until_loaded()
page.run()
