"""The families of models that continue a text; each entry of `DECODERS` describes one."""

from __future__ import annotations

from tensorllm_core.models.family import Dense, Family, Fused, Objective, Stored, Windows
from tensorllm_core.models.linear_weights import (
    feed_forward,
    gated_feed_forward,
    gated_feed_forward_in_two,
    output,
    queries_keys_values,
)
from tensorllm_core.models.sizes import SizeNames

__all__ = ["DECODERS"]

_GROUPS = "num_key_value_heads"
_LLAMA_ATTENTION = queries_keys_values("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
_LLAMA_OUTPUT = output("self_attn.o_proj")
_STATE_SPACE = "state-space (Mamba) layers"
_LLAMA_FEED_FORWARD_PART = gated_feed_forward(
    "feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj"
)
_LLAMA_FEED_FORWARD = gated_feed_forward("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def _like_llama(
    name: str,
    *model_types: str,
    o: Stored = _LLAMA_OUTPUT,
    dense: tuple[Dense, ...] = _LLAMA_FEED_FORWARD,
    d_head: str | None = "head_dim",
    defaults: dict[str, int | bool] | None = None,
    without_attention: str = "",
    windows: Windows = Windows.NONE,
) -> Family:
    """Blocks as in Llama: separate Q, K and V, key and value heads in groups, and a gated feed-forward part."""
    return Family(
        name=name,
        model_types=model_types or (name,),
        objective=Objective.CONTINUE,
        blocks="layers",
        qkv=_LLAMA_ATTENTION,
        o=o,
        feed_forward=dense,
        size_names=SizeNames(groups=_GROUPS, d_head=d_head, defaults=defaults or {}),
        without_attention=without_attention,
        # A state or a convolution runs over the whole row, whatever the mask.
        branches=not without_attention,
        windows=windows,
    )


def _like_gpt_neox(
    name: str, blocks: str, attention: str, *, turns_freely: bool = False, branches: bool = True
) -> Family:
    """Blocks as in GPT-NeoX: Q, K and V in one matrix, which holds them head by head."""
    return Family(
        name=name,
        model_types=(name,),
        objective=Objective.CONTINUE,
        blocks=blocks,
        qkv=Fused(f"{attention}.query_key_value", "(head part d_head) d_model -> part d_model d_head head"),
        o=output(f"{attention}.dense"),
        feed_forward=feed_forward("mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
        size_names=SizeNames(),
        turns_freely=turns_freely,
        branches=branches,
    )


def _like_gptj(
    name: str, attention: str, dense: tuple[Dense, ...], *, turns_freely: bool = False, branches: bool = True
) -> Family:
    """Blocks as in GPT-J: separate Q, K and V, and a feed-forward part without a gate."""
    return Family(
        name=name,
        model_types=(name,),
        objective=Objective.CONTINUE,
        blocks="h",
        qkv=queries_keys_values(f"{attention}.q_proj", f"{attention}.k_proj", f"{attention}.v_proj"),
        o=output(f"{attention}.out_proj"),
        feed_forward=dense,
        size_names=SizeNames(),
        turns_freely=turns_freely,
        branches=branches,
    )


DECODERS: tuple[Family, ...] = (
    _like_llama(
        "bamba", dense=_LLAMA_FEED_FORWARD_PART, d_head=None, defaults={_GROUPS: 8}, without_attention=_STATE_SPACE
    ),
    # Its attention bias (ALiBi) takes the positions from a mask of zeros and ones, not as they are given.
    _like_gpt_neox("bloom", "h", "self_attention", turns_freely=True, branches=False),
    _like_llama("cohere"),
    _like_llama("cohere2", windows=Windows.BY_LAYER),
    Family(
        name="falcon",
        model_types=("falcon",),
        objective=Objective.CONTINUE,
        blocks="h",
        qkv=Fused("self_attention.query_key_value", "(group member d_head) d_model -> member d_model d_head group"),
        o=output("self_attention.dense"),
        feed_forward=feed_forward("mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
        size_names=SizeNames(
            groups="num_kv_heads",
            multi_query="multi_query",
            grouped="new_decoder_architecture",
            defaults={"multi_query": True},
        ),
    ),
    _like_llama("gemma", defaults={_GROUPS: 16, "head_dim": 256}),
    _like_llama("gemma2", defaults={"num_attention_heads": 8, _GROUPS: 4, "head_dim": 256}, windows=Windows.BY_LAYER),
    _like_llama(
        "gemma3",
        "gemma3_text",
        "gemma3",
        defaults={"num_attention_heads": 8, _GROUPS: 4, "head_dim": 256},
        windows=Windows.BY_LAYER,
    ),
    Family(
        name="gpt2",
        model_types=("gpt2",),
        objective=Objective.CONTINUE,
        blocks="h",
        # Its Conv1D modules store `input x output`, the transpose of what Linear modules store.
        qkv=Fused("attn.c_attn", "d_model (part head d_head) -> part d_model d_head head"),
        o=Stored("attn.c_proj", "(head d_head) d_model -> d_model d_head head"),
        feed_forward=(
            Dense(("in",), "mlp.c_fc", "d_model d_ff -> d_ff d_model"),
            Dense(("out",), "mlp.c_proj", "d_ff d_model -> d_ff d_model"),
        ),
        size_names=SizeNames(layers="n_layer", heads="n_head", d_model="n_embd"),
        turns_freely=True,
    ),
    # Its local attention counts places in the row, whatever the positions.
    _like_gptj("gpt_neo", "attn.attention", feed_forward("mlp.c_fc", "mlp.c_proj"), turns_freely=True, branches=False),
    _like_gpt_neox("gpt_neox", "layers", "attention"),
    _like_gptj("gptj", "attn", feed_forward("mlp.fc_in", "mlp.fc_out")),
    _like_llama("gpt_oss", dense=(), defaults={_GROUPS: 8, "head_dim": 64}, windows=Windows.BY_LAYER),
    _like_llama("granite"),
    _like_llama("granitemoe", dense=()),
    _like_llama("granitemoehybrid", dense=(), without_attention=_STATE_SPACE),
    _like_llama("jamba", dense=(), d_head=None, defaults={_GROUPS: 8}, without_attention=_STATE_SPACE),
    _like_llama(
        "lfm2",
        o=output("self_attn.out_proj"),
        dense=gated_feed_forward("feed_forward.w1", "feed_forward.w3", "feed_forward.w2"),
        d_head=None,
        defaults={_GROUPS: 8},
        without_attention="short convolutions",
    ),
    _like_llama("llama"),
    _like_llama("ministral", defaults={_GROUPS: 8}, windows=Windows.BY_LAYER),
    _like_llama("mistral", defaults={_GROUPS: 8}, windows=Windows.EVERY_LAYER),
    _like_llama("mixtral", dense=(), defaults={_GROUPS: 8}, windows=Windows.EVERY_LAYER),
    _like_llama("olmo"),
    _like_llama("olmo2"),
    _like_llama("olmo3", windows=Windows.BY_LAYER),
    _like_llama("olmoe", dense=()),
    Family(
        name="opt",
        model_types=("opt",),
        objective=Objective.CONTINUE,
        blocks="decoder.layers",
        qkv=_LLAMA_ATTENTION,
        o=output("self_attn.out_proj"),
        feed_forward=feed_forward("fc1", "fc2"),
        size_names=SizeNames(),
        turns_freely=True,
    ),
    _like_llama("phi", o=output("self_attn.dense"), dense=feed_forward("mlp.fc1", "mlp.fc2")),
    Family(
        name="phi3",
        model_types=("phi3",),
        objective=Objective.CONTINUE,
        blocks="layers",
        qkv=Fused("self_attn.qkv_proj", "(slot d_head) d_model -> d_model d_head slot"),
        o=output("self_attn.o_proj"),
        feed_forward=gated_feed_forward_in_two("mlp.gate_up_proj", "mlp.down_proj"),
        size_names=SizeNames(groups=_GROUPS, d_head="head_dim"),
        windows=Windows.EVERY_LAYER,
    ),
    _like_llama("phimoe", dense=(), defaults={_GROUPS: 8}, windows=Windows.EVERY_LAYER),
    _like_llama("qwen2", defaults={_GROUPS: 32}, windows=Windows.BY_LAYER),
    _like_llama("qwen2_moe", dense=(), defaults={_GROUPS: 16}, windows=Windows.BY_LAYER),
    _like_llama("qwen3_moe", dense=(), defaults={_GROUPS: 4}, windows=Windows.EVERY_LAYER),
    _like_llama("qwen3", defaults={_GROUPS: 32, "head_dim": 128}, windows=Windows.BY_LAYER),
    _like_llama("smollm3", defaults={_GROUPS: 4}, windows=Windows.BY_LAYER),
    _like_llama("stablelm", d_head=None, defaults={_GROUPS: 32}),
    _like_llama(
        "starcoder2", dense=feed_forward("mlp.c_fc", "mlp.c_proj"), defaults={_GROUPS: 2}, windows=Windows.EVERY_LAYER
    ),
)
