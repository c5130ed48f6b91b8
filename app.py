"""TensorLLM Explorer: routes to the screens in pages/, nothing else."""

from pages.frame.route import route

page = route()
page.run()
