"""Every registered family, on tiny random models, against an oracle that knows nothing of our patterns."""

from __future__ import annotations

import pytest
import torch
from einops import einsum

from tensorllm_core.errors import UnknownArchitectureError
from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.linalg.rank_choice import rank_limits
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.decoders import DECODERS
from tensorllm_core.models.encoders import ENCODERS
from tensorllm_core.models.families import FAMILIES, family_of
from tensorllm_core.models.module_weights import read_module_attention, write_module_attention
from tensorllm_core.types import AttentionTensor, AttentionWeights
from tests.models.hybrid_models import HYBRID
from tests.models.tiny_models import LAYERS, TINY, WITHOUT_TINY, logits, saved_model, tiny_model

LAYER = 1


@pytest.fixture(params=TINY)
def tiny(request):
    return request.param


@pytest.fixture
def family(tiny):
    return FAMILIES[TINY[tiny].model_type]


@pytest.fixture
def model(tiny):
    return tiny_model(tiny)


def write_tensor(model, family, tensor, data):
    edited = detensorise(AttentionTensor(data, tensor.parts, tensor.layout))
    write_module_attention(model, family, LAYER, edited)


def zero_biases(model):
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            parameter.data.zero_()


def with_heads_silenced(model, tiny, heads, d_head):
    """Logits when these heads add nothing to the attention output, by a hook before the output projection."""

    def silence(module, inputs):
        context = inputs[0].clone()
        for head in heads:
            context[..., head * d_head : (head + 1) * d_head] = 0
        return (context, *inputs[1:])

    handle = model.get_submodule(TINY[tiny].output_projection.format(LAYER)).register_forward_pre_hook(silence)
    try:
        return logits(model)
    finally:
        handle.remove()


def test_every_registered_model_type_has_a_tiny_model():
    assert {tiny.model_type for tiny in TINY.values()} == set(FAMILIES) - WITHOUT_TINY - HYBRID.keys()


def test_the_registry_lists_each_family_under_its_model_types():
    described = (*DECODERS, *ENCODERS)
    assert len({family.name for family in described}) == len(described)
    listed = [(model_type, family) for family in described for model_type in family.model_types]
    assert sorted(model_type for model_type, _ in listed) == sorted(FAMILIES)
    assert all(FAMILIES[model_type] is family for model_type, family in listed)


def test_an_unknown_architecture_is_named_with_how_to_add_it():
    with pytest.raises(UnknownArchitectureError, match=r"`megamodel`.*CONTRIBUTING.md says under “Add a model family”"):
        family_of("megamodel")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"model_type": "mamba2"}, "state-space layers and no attention"),
        ({"model_type": "deepseek_v3", "kv_lora_rank": 512}, r"multi-head latent attention \(MLA\)"),
        ({"model_type": "newest", "kv_lora_rank": 64}, r"multi-head latent attention \(MLA\)"),
        ({"model_type": "newest_vl", "text_config": {"kv_lora_rank": 64}}, r"multi-head latent attention \(MLA\)"),
        ({"model_type": "newest_vl", "text_config": {"model_type": "qwen3_next"}}, "holds a gate"),
        ({"model_type": "t5", "is_encoder_decoder": True}, "a second attention that reads the encoder"),
    ],
)
def test_attention_that_the_tensor_does_not_describe_is_refused_with_what_it_is(config, words):
    with pytest.raises(UnknownArchitectureError, match=f"got `{config['model_type']}`, which has .*{words}"):
        family_of(config["model_type"], config)


def test_reading_then_writing_back_changes_no_bit(model, family):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for layer in range(LAYERS):
        write_module_attention(model, family, layer, read_module_attention(model, family, layer))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_what_is_written_is_read_again_and_nothing_else_changes(model, family, tiny):
    weights = read_module_attention(model, family, LAYER)
    other = AttentionWeights(*(torch.randn_like(part) for part in (weights.q, weights.k, weights.v, weights.o)))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    write_module_attention(model, family, LAYER, other)
    read = read_module_attention(model, family, LAYER)
    for part in "qkvo":
        assert torch.equal(getattr(read, part), getattr(other, part))
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert len(changed) == len(family.matrices)
    block = 0 if TINY[tiny].shares_layers else LAYER
    assert all(f"{family.blocks}.{block}." in name and name.endswith(".weight") for name in changed)


def test_silencing_a_head_in_the_tensor_silences_its_share_of_the_attention_output(model, family, tiny):
    weights = read_module_attention(model, family, LAYER)
    tensor = tensorise(weights)
    shared_by = weights.heads // weights.groups
    original = logits(model)
    for head in range(weights.heads):
        expected = with_heads_silenced(model, tiny, [head], weights.q.shape[1])
        group, within = divmod(head, shared_by)
        data = tensor.data.clone()
        data[:, :, tensor.parts.index("O" if shared_by == 1 else f"O{within + 1}"), group] = 0
        write_tensor(model, family, tensor, data)
        torch.testing.assert_close(logits(model), expected, rtol=1e-5, atol=1e-5)
        assert (expected - original).abs().max() > 1e-3
        write_module_attention(model, family, LAYER, weights)


def test_silencing_a_groups_values_silences_the_heads_that_share_them(model, family, tiny):
    zero_biases(model)
    weights = read_module_attention(model, family, LAYER)
    tensor = tensorise(weights)
    shared_by = weights.heads // weights.groups
    for group in range(weights.groups):
        heads = range(group * shared_by, (group + 1) * shared_by)
        expected = with_heads_silenced(model, tiny, heads, weights.q.shape[1])
        data = tensor.data.clone()
        data[:, :, tensor.parts.index("V"), group] = 0
        write_tensor(model, family, tensor, data)
        torch.testing.assert_close(logits(model), expected, rtol=1e-5, atol=1e-5)
        write_module_attention(model, family, LAYER, weights)


@pytest.mark.parametrize("tiny", [name for name, tiny in TINY.items() if not tiny.is_normed])
def test_scaling_a_groups_queries_up_and_its_keys_down_changes_nothing(model, family):
    zero_biases(model)
    weights = read_module_attention(model, family, LAYER)
    expected = logits(model)
    scale = torch.arange(2.0, 2 + weights.groups)
    by_head = scale.repeat_interleave(weights.heads // weights.groups)
    scaled = AttentionWeights(weights.q * by_head, weights.k / scale, weights.v, weights.o)
    write_module_attention(model, family, LAYER, scaled)
    torch.testing.assert_close(logits(model), expected, rtol=1e-4, atol=1e-4)
    write_module_attention(model, family, LAYER, AttentionWeights(weights.q * by_head, weights.k, weights.v, weights.o))
    assert (logits(model) - expected).abs().max() > 1e-3


def test_mixing_a_groups_values_and_unmixing_them_at_the_output_changes_nothing(model, family):
    zero_biases(model)
    weights = read_module_attention(model, family, LAYER)
    expected = logits(model)
    d_head = weights.v.shape[1]
    mixing = torch.eye(d_head) + 0.1 * torch.randn(weights.groups, d_head, d_head)
    unmixing = torch.linalg.inv(mixing).repeat_interleave(weights.heads // weights.groups, dim=0)
    v = einsum(weights.v, mixing, "d_model d_head group, group d_head mixed -> d_model mixed group")
    o = einsum(weights.o, unmixing, "d_model d_head head, head mixed d_head -> d_model mixed head")
    write_module_attention(model, family, LAYER, AttentionWeights(weights.q, weights.k, v, o))
    torch.testing.assert_close(logits(model), expected, rtol=1e-3, atol=1e-4)


def test_a_full_rank_edit_leaves_the_logits_as_they_were(model, family):
    tensor = tensorise(read_module_attention(model, family, LAYER))
    expected = logits(model)
    decomposition = hosvd(tensor.data)
    write_tensor(model, family, tensor, reconstruct(truncate(decomposition, rank_limits(tensor.shape))))
    torch.testing.assert_close(logits(model), expected, rtol=1e-3, atol=1e-4)


def test_a_checkpoint_on_disk_and_the_model_give_the_same_weights(model, family, tiny, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(tiny, tmp_path)))
    assert checkpoint.family is family
    assert checkpoint.layers == LAYERS
    for layer in range(LAYERS):
        on_disk, in_memory = read_attention(checkpoint, layer), read_module_attention(model, family, layer)
        for part in "qkvo":
            assert torch.equal(getattr(on_disk, part), getattr(in_memory, part))
            assert getattr(on_disk, part).dtype is torch.float32


def test_the_base_model_without_its_head_opens_too(model, family, tmp_path):
    model.base_model.save_pretrained(tmp_path)
    checkpoint = open_checkpoint(str(tmp_path))
    assert checkpoint.weight_names.prefix == ""
    for part in "qkvo":
        in_head = getattr(read_module_attention(model, family, LAYER), part)
        assert torch.equal(getattr(read_attention(checkpoint, LAYER), part), in_head)
        assert torch.equal(getattr(read_module_attention(model.base_model, family, LAYER), part), in_head)


def test_all_parameters_are_counted_once(model, tiny, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(tiny, tmp_path)))
    assert checkpoint.parameters == sum(parameter.numel() for parameter in model.parameters())
    counts = checkpoint.parameters_by_kind()
    weights = read_attention(checkpoint, 0)
    in_a_layer = sum(part.numel() for part in (weights.q, weights.k, weights.v, weights.o))
    blocks = 1 if TINY[tiny].shares_layers else LAYERS
    assert counts["attention"] == checkpoint.attention_parameters == blocks * in_a_layer
    vocabulary = model.get_input_embeddings().weight.numel()
    assert counts["embeddings"] >= vocabulary
    assert counts["feed-forward"] > 0


def turned_by_random(weights: AttentionWeights, queries_and_keys: bool) -> AttentionWeights:
    """The weights after one random rotation for each group, of Q and K or of V and O; a plain loop."""
    generator = torch.Generator().manual_seed(1)
    d_head, each = weights.k.shape[1], weights.heads // weights.groups
    turned = {name: getattr(weights, name).clone() for name in "qkvo"}
    for group in range(weights.groups):
        turn = torch.linalg.qr(torch.randn(d_head, d_head, generator=generator)).Q
        one, many = ("k", "q") if queries_and_keys else ("v", "o")
        turned[one][:, :, group] = turned[one][:, :, group] @ turn
        for head in range(group * each, group * each + each):
            turned[many][:, :, head] = turned[many][:, :, head] @ turn
    return AttentionWeights(**turned)


def logits_when_turned(model, family, queries_and_keys):
    zero_biases(model)  # only the weights turn here, and a bias would have to turn with them
    before = logits(model)
    weights = read_module_attention(model, family, LAYER)
    write_module_attention(model, family, LAYER, turned_by_random(weights, queries_and_keys))
    return before, logits(model)


def test_values_and_outputs_turn_freely_in_every_family(model, family):
    before, after = logits_when_turned(model, family, queries_and_keys=False)
    assert torch.allclose(before, after, atol=2e-4)


@pytest.mark.parametrize("tiny", [name for name, tiny in TINY.items() if not tiny.turning_depends_on_config])
def test_queries_and_keys_turn_freely_exactly_where_the_family_says_so(model, family):
    before, after = logits_when_turned(model, family, queries_and_keys=True)
    assert torch.allclose(before, after, atol=2e-4) == family.turns_freely
