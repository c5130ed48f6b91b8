"""What each compression method shares across what: a sentence for each side, the formula, and the tensor network.

A network is written as its einsum, as tensorllm_core/figures/network_pattern.py reads it: `+` marks what is shared,
`~` what is shared and random, `*` what is private; an index of one node alone stays open.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorllm_core.errors import RequestError

__all__ = ["METHOD_LESSONS", "MethodLesson", "method_lesson"]

_TUCKER = "G*(r1 r2 r3 head) U1+(d_model r1) U2+(d_head r2) U3+(part r3)"
_TURNED = "G*(r1 r2 r3 head) U1+(d_model r1) U2+(d_head' r2) U3+(part r3) T*(d_head' d_head)"
_FEED_FORWARD_SVD = "S(r) U(d_ff r) V(d_model r)"

_TUCKER_FORMULA = r"W_i \approx G_i \times_1 U_1 \times_2 U_2 \times_3 U_3"
_TURNED_FORMULA = r"W_i T_i \approx G_i \times_1 U_1 \times_2 U_2 \times_3 U_3"
_SVD_FORMULA = r"W \approx U_R\, S_R\, V_R^{\mathsf T}"
_CP_FORMULA = r"W \approx \textstyle\sum_{r=1}^{R} a_r \circ b_r \circ c_r"


@dataclass(frozen=True)
class MethodLesson:
    """One method, explained: `shares` and `private` end the sentences "Shared: ..." and "Private: ..."."""

    name: str
    title: str
    takeaway: str
    shares: str
    private: str
    formula: str
    """In LaTeX."""
    network: str
    shared_by: str = "all heads"
    one_per: str = "head"


def method_lesson(name: str) -> MethodLesson:
    """The explanation of the method of that name.

    Raises:
        RequestError: there is none.

    >>> method_lesson("laser").title
    'LASER'
    """
    if name not in METHOD_LESSONS:
        names = ", ".join(f"`{known}`" for known in METHOD_LESSONS)
        raise RequestError(f"Expected a method that has a lesson, {names}, got `{name}`; choose one of them.")
    return METHOD_LESSONS[name]


def _each(network: str, *titles: str) -> str:
    """The same network once under each title, with nothing in common."""
    return "; ".join(f"{title}: {network}" for title in titles)


METHOD_LESSONS: dict[str, MethodLesson] = {
    lesson.name: lesson
    for lesson in (
        MethodLesson(
            "tensorllm",
            "TensorLLM",
            "All heads and parts share one subspace",
            "three factor matrices, by all heads and all parts: directions of the model, the head width, the parts.",
            "a small core for each head, which mixes them.",
            _TUCKER_FORMULA,
            _TUCKER,
        ),
        MethodLesson(
            "tensorllm-refined",
            "TensorLLM, refined",
            "The shared subspace, improved in turns",
            "three factor matrices, by all heads and all parts; each in turn is fitted to the others until none gains.",
            "a small core for each head.",
            r"\textstyle\min_{U_1, U_2, U_3} \sum_i \| W_i - \hat W_i \|^2",
            _TUCKER,
        ),
        MethodLesson(
            "tensorllm-aligned",
            "TensorLLM, aligned",
            "Heads are turned, then share",
            "three factor matrices, by all heads and all parts, once the heads are turned.",
            "a core for each head; a turn T for its Q with K, one for its V with O. Attention does not feel them, "
            "unless rotary positions or a norm stand between: then the turn of Q and K is stored.",
            _TURNED_FORMULA,
            _TURNED,
        ),
        MethodLesson(
            "tensorllm-aligned-vo",
            "TensorLLM, V and O aligned",
            "V and O are turned, then heads share",
            "three factor matrices, by all heads and all parts, once V and O of each head are turned.",
            "a core for each head, and an orthogonal turn T for its V with O: it cancels in every model, and costs "
            "nothing. Q and K stay as they are.",
            _TURNED_FORMULA,
            _TURNED,
        ),
        MethodLesson(
            "separate",
            "Separate Q, K, V, O",
            "Heads share, Q, K, V and O do not",
            "two factor matrices, by all heads of one projection.",
            "a core for each head; and each projection has its factors to itself.",
            r"W_i^Q \approx G_i^Q \times_1 U_1^Q \times_2 U_2^Q",
            _each("G*(r1 r2 head) U1+(d_model r1) U2+(d_head r2)", "Q", "K", "V", "O"),
        ),
        MethodLesson(
            "laser",
            "LASER",
            "Every matrix stands alone",
            "nothing: each feed-forward matrix for itself.",
            "the leading singular values and vectors of each matrix.",
            _SVD_FORMULA,
            _each(_FEED_FORWARD_SVD, "gate", "up", "down"),
        ),
        MethodLesson(
            "laser-attention",
            "SVD of Q, K, V, O",
            "Every matrix stands alone",
            "nothing. In a matrix the heads stand side by side, and the method does not see them.",
            "the leading singular values and vectors of each matrix.",
            _SVD_FORMULA,
            _each("S(r) U(d_model r) V(all_heads r)", "Q", "K", "V", "O"),
        ),
        MethodLesson(
            "trawl",
            "TRAWL, CP",
            "Feed-forward matrices share their terms",
            "the R terms, by all feed-forward matrices of a layer: one index r joins the three factors.",
            "a row of C for each matrix: how much of each term it takes.",
            _CP_FORMULA,
            "A+(d_ff r) B+(d_model r) C+(matrix r)",
            shared_by="all matrices",
        ),
        MethodLesson(
            "trawl-tucker",
            "TRAWL, Tucker",
            "Feed-forward matrices share one core",
            "one core and two factor matrices, by all feed-forward matrices of a layer.",
            "a row of C for each matrix: how it mixes the slices of the core.",
            r"W \approx G \times_1 A \times_2 B \times_3 C",
            "G+(r1 r2 r3) A+(d_ff r1) B+(d_model r2) C+(matrix r3)",
            shared_by="all matrices",
        ),
        MethodLesson(
            "trawl-attention",
            "TRAWL on Q, K, V, O",
            "Q, K, V and O share their terms",
            "the R terms, by Q, K, V and O. In each the heads stand side by side: they are not split.",
            "a row of C for each matrix: how much of each term it takes.",
            _CP_FORMULA,
            "A+(d_model r) B+(all_heads r) C+(part r)",
            shared_by="all matrices",
        ),
        MethodLesson(
            "hybrid",
            "TensorLLM + LASER",
            "Heads share, the FFN stands alone",
            "in the attention, TensorLLM's three factor matrices; in the feed-forward matrices, nothing.",
            "a core for each head; singular values and vectors for each feed-forward matrix.",
            r"\small G_i \times_1 U_1 \times_2 U_2 \times_3 U_3\ ;\ \ U_R S_R V_R^{\mathsf T}",
            f"{_TUCKER}; FFN: {_FEED_FORWARD_SVD}",
        ),
        MethodLesson(
            "random-subspace",
            "Random subspace",
            "Heads share directions drawn blindly",
            "three factor matrices, by all heads and all parts, drawn at random: they know nothing of the weights.",
            "a core for each head, the best for these directions.",
            _TUCKER_FORMULA,
            _TUCKER.replace("+", "~"),
        ),
    )
}
"""Every method that has a lesson, by its name in the registry of methods."""
