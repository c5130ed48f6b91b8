"""The words of the front door."""

from __future__ import annotations

from pages.controls.first_scene import FIRST_SCENE

__all__ = ["EXPLORE", "LEARN", "METHOD", "SHOW", "WHAT"]

WHAT = """
The attention of a layer is a stack of matrices, four for each head. An SVD writes a matrix as a sum of **directions**,
the largest first. In the picture, six of sixteen rebuild all of it: this small model was trained to show
that. Real models have longer spectra, and each choice loses something.

**TensorLLM** goes further: its directions are shared by *all heads of a layer*. This app shows what that keeps and
what it loses, in any model, at any ranks, and asks the model questions before and after.
"""

EXPLORE = f"Choose a layer and ranks, and see what is lost and what is saved. {FIRST_SCENE}"

LEARN = (
    "You know the SVD of a matrix. From there it is five steps on the real screens, or five sentences, to the "
    "decomposition of all heads at once."
)

SHOW = (
    "Play a list of scenes with the arrow keys or a clicker, in large type. Three lists are there, and any screen can "
    "become a scene of your own."
)

METHOD = r"""
1. A layer's attention has four projections, Q, K, V and O, and each is cut into heads: stacked, all weights are one
   tensor of `d_model x d_head x part x head`.
2. An SVD finds the leading directions of a matrix. The **Tucker decomposition** finds those of a tensor, one set for
   each mode: $U_1$ for the model width, $U_2$ for the head width, $U_3$ for the parts.
3. All heads share these three matrices, and each head keeps a small **core** of $R_1 \times R_2 \times R_3$ numbers.
4. The **ranks** $R_1, R_2, R_3$ are how many directions are kept: fewer store fewer numbers, and leave a larger
   relative error $\lVert W - \hat W \rVert / \lVert W \rVert$.
5. What is left out may be noise, and then the compressed model answers better. Only questions can tell.
"""
