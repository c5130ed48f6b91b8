"""Families of models that fill in masked tokens, one declarative entry for each way in which they store weights."""

from __future__ import annotations

from tensorllm_core.models.family import Dense, Family, Fused, Objective, Separate, Stored
from tensorllm_core.models.sizes import SizeNames

__all__ = ["ENCODERS"]

_QUERIES = "(head d_head) d_model -> d_model d_head head"
_GROUPED = "(group d_head) d_model -> d_model d_head group"
_OUTPUT = "d_model (head d_head) -> d_model d_head head"
_IN = "d_ff d_model -> d_ff d_model"
_OUT = "d_model d_ff -> d_ff d_model"


def _qkv(q: str, k: str, v: str) -> Separate:
    return Separate(q=Stored(q, _QUERIES), k=Stored(k, _GROUPED), v=Stored(v, _GROUPED))


def _like_bert(name: str, *model_types: str, suffix: str = "", turns_freely: bool = True) -> Family:
    inner = "attention.self"
    return Family(
        name=name,
        model_types=model_types or (name,),
        objective=Objective.FILL_IN,
        blocks="encoder.layer",
        qkv=_qkv(f"{inner}.query{suffix}", f"{inner}.key{suffix}", f"{inner}.value{suffix}"),
        o=Stored("attention.output.dense", _OUTPUT),
        feed_forward=(Dense(("in",), "intermediate.dense", _IN), Dense(("out",), "output.dense", _OUT)),
        size_names=SizeNames(),
        turns_freely=turns_freely,
    )


_DISTILBERT = Family(
    name="distilbert",
    model_types=("distilbert",),
    objective=Objective.FILL_IN,
    blocks="transformer.layer",
    qkv=_qkv("attention.q_lin", "attention.k_lin", "attention.v_lin"),
    o=Stored("attention.out_lin", _OUTPUT),
    feed_forward=(Dense(("in",), "ffn.lin1", _IN), Dense(("out",), "ffn.lin2", _OUT)),
    size_names=SizeNames(layers="n_layers", heads="n_heads", d_model="dim"),
    turns_freely=True,
)

_MODERNBERT = Family(
    name="modernbert",
    model_types=("modernbert",),
    objective=Objective.FILL_IN,
    blocks="layers",
    qkv=Fused("attn.Wqkv", "(part head d_head) d_model -> part d_model d_head head"),
    o=Stored("attn.Wo", _OUTPUT),
    feed_forward=(
        Dense(("gate", "up"), "mlp.Wi", "(part d_ff) d_model -> part d_ff d_model"),
        Dense(("down",), "mlp.Wo", _OUT),
    ),
    size_names=SizeNames(),
)

_ALBERT_LAYER = "albert_layers.0"
_ALBERT = Family(
    name="albert",
    model_types=("albert",),
    objective=Objective.FILL_IN,
    # All layers of a group of layers run through the same weights.
    blocks="encoder.albert_layer_groups",
    qkv=_qkv(*(f"{_ALBERT_LAYER}.attention.{part}" for part in ("query", "key", "value"))),
    o=Stored(f"{_ALBERT_LAYER}.attention.dense", _OUTPUT),
    feed_forward=(
        Dense(("in",), f"{_ALBERT_LAYER}.ffn", _IN),
        Dense(("out",), f"{_ALBERT_LAYER}.ffn_output", _OUT),
    ),
    size_names=SizeNames(blocks="num_hidden_groups", one=("inner_group_num",), defaults={"num_hidden_groups": 1}),
    turns_freely=True,
)

ENCODERS: tuple[Family, ...] = (
    _ALBERT,
    _like_bert("bert"),
    # Its queries and keys also meet projections of the positions.
    _like_bert("deberta-v2", suffix="_proj", turns_freely=False),
    _DISTILBERT,
    _like_bert("electra"),
    _MODERNBERT,
    _like_bert("roberta", "roberta", "xlm-roberta", "camembert"),
)
