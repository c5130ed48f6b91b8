"""Families of models that continue a text, one declarative entry for each way in which they store their weights."""

from __future__ import annotations

from tensorllm_core.models.family import Dense, Family, Fused, Objective, Separate, Stored
from tensorllm_core.models.sizes import SizeNames

__all__ = ["DECODERS"]

_QUERIES = "(head d_head) d_model -> d_model d_head head"
_GROUPED = "(group d_head) d_model -> d_model d_head group"
_OUTPUT = "d_model (head d_head) -> d_model d_head head"
_INTERLEAVED = "(head part d_head) d_model -> part d_model d_head head"

_IN = "d_ff d_model -> d_ff d_model"
_OUT = "d_model d_ff -> d_ff d_model"
_GATED = (
    Dense(("gate",), "mlp.gate_proj", _IN),
    Dense(("up",), "mlp.up_proj", _IN),
    Dense(("down",), "mlp.down_proj", _OUT),
)
_PLAIN_QKV = Separate(
    q=Stored("self_attn.q_proj", _QUERIES),
    k=Stored("self_attn.k_proj", _GROUPED),
    v=Stored("self_attn.v_proj", _GROUPED),
)
_PLAIN_O = Stored("self_attn.o_proj", _OUTPUT)
_GROUPS = "num_key_value_heads"


def _like_llama(
    name: str,
    *model_types: str,
    o: Stored = _PLAIN_O,
    feed_forward: tuple[Dense, ...] = _GATED,
    d_head: str | None = None,
    defaults: dict[str, int | bool] | None = None,
) -> Family:
    return Family(
        name=name,
        model_types=model_types or (name,),
        objective=Objective.CONTINUE,
        blocks="layers",
        qkv=_PLAIN_QKV,
        o=o,
        feed_forward=feed_forward,
        size_names=SizeNames(groups=_GROUPS, d_head=d_head, defaults=defaults or {}),
    )


def _interleaved(name: str, blocks: str, attention: str, *, turns_freely: bool = False) -> Family:
    return Family(
        name=name,
        model_types=(name,),
        objective=Objective.CONTINUE,
        blocks=blocks,
        qkv=Fused(f"{attention}.query_key_value", _INTERLEAVED),
        o=Stored(f"{attention}.dense", _OUTPUT),
        feed_forward=(Dense(("in",), "mlp.dense_h_to_4h", _IN), Dense(("out",), "mlp.dense_4h_to_h", _OUT)),
        size_names=SizeNames(),
        turns_freely=turns_freely,
    )


def _like_gptj(name: str, attention: str, feed_forward: tuple[Dense, ...], *, turns_freely: bool = False) -> Family:
    return Family(
        name=name,
        model_types=(name,),
        objective=Objective.CONTINUE,
        blocks="h",
        qkv=Separate(
            q=Stored(f"{attention}.q_proj", _QUERIES),
            k=Stored(f"{attention}.k_proj", _GROUPED),
            v=Stored(f"{attention}.v_proj", _GROUPED),
        ),
        o=Stored(f"{attention}.out_proj", _OUTPUT),
        feed_forward=feed_forward,
        size_names=SizeNames(),
        turns_freely=turns_freely,
    )


_GPT2 = Family(
    name="gpt2",
    model_types=("gpt2",),
    objective=Objective.CONTINUE,
    blocks="h",
    # Conv1D stores (in, out), the transpose of Linear.
    qkv=Fused("attn.c_attn", "d_model (part head d_head) -> part d_model d_head head"),
    o=Stored("attn.c_proj", "(head d_head) d_model -> d_model d_head head"),
    feed_forward=(Dense(("in",), "mlp.c_fc", _OUT), Dense(("out",), "mlp.c_proj", _IN)),
    size_names=SizeNames(layers="n_layer", heads="n_head", d_model="n_embd"),
    turns_freely=True,
)

_PHI3 = Family(
    name="phi3",
    model_types=("phi3",),
    objective=Objective.CONTINUE,
    blocks="layers",
    qkv=Fused("self_attn.qkv_proj", "(slot d_head) d_model -> d_model d_head slot"),
    o=_PLAIN_O,
    feed_forward=(
        Dense(("gate", "up"), "mlp.gate_up_proj", "(part d_ff) d_model -> part d_ff d_model"),
        Dense(("down",), "mlp.down_proj", _OUT),
    ),
    size_names=SizeNames(groups=_GROUPS),
)

_OPT = Family(
    name="opt",
    model_types=("opt",),
    objective=Objective.CONTINUE,
    blocks="decoder.layers",
    qkv=_PLAIN_QKV,
    o=Stored("self_attn.out_proj", _OUTPUT),
    feed_forward=(Dense(("in",), "fc1", _IN), Dense(("out",), "fc2", _OUT)),
    size_names=SizeNames(),
    turns_freely=True,
)

_FALCON = Family(
    name="falcon",
    model_types=("falcon",),
    objective=Objective.CONTINUE,
    blocks="h",
    qkv=Fused("self_attention.query_key_value", "(group member d_head) d_model -> member d_model d_head group"),
    o=Stored("self_attention.dense", _OUTPUT),
    feed_forward=(Dense(("in",), "mlp.dense_h_to_4h", _IN), Dense(("out",), "mlp.dense_4h_to_h", _OUT)),
    size_names=SizeNames(
        groups="num_kv_heads",
        multi_query="multi_query",
        grouped="new_decoder_architecture",
        defaults={"multi_query": True},
    ),
)

_C_FC = (Dense(("in",), "mlp.c_fc", _IN), Dense(("out",), "mlp.c_proj", _OUT))

DECODERS: tuple[Family, ...] = (
    _interleaved("bloom", "h", "self_attention", turns_freely=True),
    _like_llama("cohere"),
    _like_llama("cohere2", d_head="head_dim"),
    _FALCON,
    _like_llama("gemma", d_head="head_dim", defaults={_GROUPS: 16, "head_dim": 256}),
    _like_llama("gemma2", d_head="head_dim", defaults={"num_attention_heads": 8, _GROUPS: 4, "head_dim": 256}),
    _like_llama(
        "gemma3",
        "gemma3_text",
        "gemma3",
        d_head="head_dim",
        defaults={"num_attention_heads": 8, _GROUPS: 4, "head_dim": 256},
    ),
    _GPT2,
    _like_gptj("gpt_neo", "attn.attention", _C_FC, turns_freely=True),
    _interleaved("gpt_neox", "layers", "attention"),
    _like_gptj("gptj", "attn", (Dense(("in",), "mlp.fc_in", _IN), Dense(("out",), "mlp.fc_out", _OUT))),
    _like_llama("granite"),
    _like_llama("llama", d_head="head_dim"),
    _like_llama("mistral", d_head="head_dim", defaults={_GROUPS: 8}),
    _like_llama("mixtral", feed_forward=(), d_head="head_dim", defaults={_GROUPS: 8}),
    _like_llama("olmo2"),
    _OPT,
    _like_llama(
        "phi",
        o=Stored("self_attn.dense", _OUTPUT),
        feed_forward=(Dense(("in",), "mlp.fc1", _IN), Dense(("out",), "mlp.fc2", _OUT)),
    ),
    _PHI3,
    _like_llama("qwen2", defaults={_GROUPS: 32}),
    _like_llama("qwen3", d_head="head_dim", defaults={_GROUPS: 32, "head_dim": 128}),
    _like_llama("smollm3", defaults={_GROUPS: 4}),
    _like_llama("stablelm", defaults={_GROUPS: 32}),
    _like_llama("starcoder2", feed_forward=_C_FC, defaults={_GROUPS: 2}),
)
