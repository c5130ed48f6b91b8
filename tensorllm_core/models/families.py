"""The registered families, one declarative entry each, by the `model_type` of config.json."""

from __future__ import annotations

from tensorllm_core.errors import UnknownArchitectureError
from tensorllm_core.models.family import Family, Fused, Objective, Separate, SizeNames, Stored

__all__ = ["FAMILIES", "family_of"]

_QUERIES = "(head d_head) d_model -> d_model d_head head"
_GROUPED = "(group d_head) d_model -> d_model d_head group"
_OUTPUT = "d_model (head d_head) -> d_model d_head head"

LLAMA = Family(
    name="llama",
    model_types=("llama",),
    objective=Objective.CONTINUE,
    blocks="layers",
    qkv=Separate(
        q=Stored("self_attn.q_proj", _QUERIES),
        k=Stored("self_attn.k_proj", _GROUPED),
        v=Stored("self_attn.v_proj", _GROUPED),
    ),
    o=Stored("self_attn.o_proj", _OUTPUT),
    size_names=SizeNames(groups="num_key_value_heads", d_head="head_dim"),
)

GPT2 = Family(
    name="gpt2",
    model_types=("gpt2",),
    objective=Objective.CONTINUE,
    blocks="h",
    # Conv1D stores (in, out), the transpose of Linear.
    qkv=Fused("attn.c_attn", "d_model (part head d_head) -> part d_model d_head head"),
    o=Stored("attn.c_proj", "(head d_head) d_model -> d_model d_head head"),
    size_names=SizeNames(layers="n_layer", heads="n_head", d_model="n_embd"),
)

GPTJ = Family(
    name="gptj",
    model_types=("gptj",),
    objective=Objective.CONTINUE,
    blocks="h",
    qkv=Separate(
        q=Stored("attn.q_proj", _QUERIES),
        k=Stored("attn.k_proj", _GROUPED),
        v=Stored("attn.v_proj", _GROUPED),
    ),
    o=Stored("attn.out_proj", _OUTPUT),
    size_names=SizeNames(layers="n_layer", heads="n_head", d_model="n_embd"),
)

_BERT_QKV = Separate(
    q=Stored("attention.self.query", _QUERIES),
    k=Stored("attention.self.key", _GROUPED),
    v=Stored("attention.self.value", _GROUPED),
)

BERT = Family(
    name="bert",
    model_types=("bert",),
    objective=Objective.FILL_IN,
    blocks="encoder.layer",
    qkv=_BERT_QKV,
    o=Stored("attention.output.dense", _OUTPUT),
    size_names=SizeNames(),
)

ROBERTA = Family(
    name="roberta",
    model_types=("roberta",),
    objective=Objective.FILL_IN,
    blocks="encoder.layer",
    qkv=_BERT_QKV,
    o=Stored("attention.output.dense", _OUTPUT),
    size_names=SizeNames(),
)

FAMILIES: dict[str, Family] = {
    "bert": BERT,
    "gpt2": GPT2,
    "gptj": GPTJ,
    "llama": LLAMA,
    "roberta": ROBERTA,
}


def family_of(model_type: str) -> Family:
    """The family that describes a model type.

    Raises:
        UnknownArchitectureError: none does.

    >>> family_of("gpt2").blocks
    'h'
    """
    try:
        return FAMILIES[model_type]
    except KeyError:
        known = ", ".join(f"`{name}`" for name in sorted(FAMILIES))
        raise UnknownArchitectureError(
            f"Expected a `model_type` in config.json of a known family ({known}), got `{model_type}`, whose attention "
            "projections nobody has described yet; add them by the README recipe “Add a model family”."
        ) from None
