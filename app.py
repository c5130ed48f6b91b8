"""TensorLLM Explorer: routes to the screens in pages/, nothing else."""

from pages.shared.loading import show_outline_until_loaded
from pages.shared.navigation import route

page = route()
show_outline_until_loaded()
page.run()
