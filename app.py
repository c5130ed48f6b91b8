"""TensorLLM Explorer: routes to the screens in pages/, nothing else."""

from pages.shared.navigation import route

route().run()
