"""The families of models that fill in masked tokens; each entry of `ENCODERS` describes one."""

from __future__ import annotations

from tensorllm_core.models.family import Family, Fused, Objective
from tensorllm_core.models.linear_weights import feed_forward, gated_feed_forward_in_two, output, queries_keys_values
from tensorllm_core.models.sizes import SizeNames

__all__ = ["ENCODERS"]

_ALBERT_LAYER = "albert_layers.0"


def _like_bert(name: str, *model_types: str, suffix: str = "", turns_freely: bool = True) -> Family:
    """Blocks as in BERT; `suffix` ends the names of the modules of Q, K and V."""
    attention = "attention.self"
    return Family(
        name=name,
        model_types=model_types or (name,),
        objective=Objective.FILL_IN,
        blocks="encoder.layer",
        qkv=queries_keys_values(*(f"{attention}.{part}{suffix}" for part in ("query", "key", "value"))),
        o=output("attention.output.dense"),
        feed_forward=feed_forward("intermediate.dense", "output.dense"),
        size_names=SizeNames(),
        turns_freely=turns_freely,
    )


ENCODERS: tuple[Family, ...] = (
    Family(
        name="albert",
        model_types=("albert",),
        objective=Objective.FILL_IN,
        # The layers of one of its groups share all their weights.
        blocks="encoder.albert_layer_groups",
        qkv=queries_keys_values(*(f"{_ALBERT_LAYER}.attention.{part}" for part in ("query", "key", "value"))),
        o=output(f"{_ALBERT_LAYER}.attention.dense"),
        feed_forward=feed_forward(f"{_ALBERT_LAYER}.ffn", f"{_ALBERT_LAYER}.ffn_output"),
        size_names=SizeNames(blocks="num_hidden_groups", one=("inner_group_num",), defaults={"num_hidden_groups": 1}),
        turns_freely=True,
    ),
    _like_bert("bert"),
    # Its scores also multiply queries and keys by projections of the positions.
    _like_bert("deberta-v2", suffix="_proj", turns_freely=False),
    Family(
        name="distilbert",
        model_types=("distilbert",),
        objective=Objective.FILL_IN,
        blocks="transformer.layer",
        qkv=queries_keys_values("attention.q_lin", "attention.k_lin", "attention.v_lin"),
        o=output("attention.out_lin"),
        feed_forward=feed_forward("ffn.lin1", "ffn.lin2"),
        size_names=SizeNames(layers="n_layers", heads="n_heads", d_model="dim"),
        turns_freely=True,
    ),
    _like_bert("electra"),
    Family(
        name="modernbert",
        model_types=("modernbert",),
        objective=Objective.FILL_IN,
        blocks="layers",
        qkv=Fused("attn.Wqkv", "(part head d_head) d_model -> part d_model d_head head"),
        o=output("attn.Wo"),
        feed_forward=gated_feed_forward_in_two("mlp.Wi", "mlp.Wo"),
        size_names=SizeNames(),
    ),
    _like_bert("roberta", "roberta", "xlm-roberta", "camembert"),
)
