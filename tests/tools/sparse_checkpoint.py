"""A checkpoint of any size that takes hardly any room on the disk: `python -m tests.tools.sparse_checkpoint FOLDER`.

The header is real, the weights are holes in the file (zeros), but for one layer's attention, which is random.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.patterns import stored_shape

__all__ = ["LLAMA_2_70B", "write_sparse_checkpoint"]

LLAMA_2_70B: dict[str, object] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "vocab_size": 32000,
    "rms_norm_eps": 1e-5,
}
_SHARDS = 15


def write_sparse_checkpoint(folder: Path, config: dict[str, object], filled_layer: int, shards: int = _SHARDS) -> int:
    """Write a Llama checkpoint in float16 with one layer's attention filled; the bytes of that layer's attention."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    family = FAMILIES["llama"]
    sizes = family.size_names.read(config)
    inner, vocabulary = int(str(config["intermediate_size"])), int(str(config["vocab_size"]))
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (vocabulary, sizes.d_model)}
    filled = set()
    for layer in range(sizes.layers):
        block = f"model.layers.{layer}."
        for matrix in family.matrices:
            shapes[f"{block}{matrix.path}.weight"] = stored_shape(matrix, sizes)
            if layer == filled_layer:
                filled.add(f"{block}{matrix.path}.weight")
        shapes |= {f"{block}mlp.{name}_proj.weight": (inner, sizes.d_model) for name in ("gate", "up")}
        shapes[f"{block}mlp.down_proj.weight"] = (sizes.d_model, inner)
        shapes |= {
            f"{block}{name}.weight": (sizes.d_model,) for name in ("input_layernorm", "post_attention_layernorm")
        }
    shapes |= {"model.norm.weight": (sizes.d_model,), "lm_head.weight": (vocabulary, sizes.d_model)}
    names = list(shapes)
    per_shard = -(-len(names) // shards)
    weight_map: dict[str, str] = {}
    written = 0
    for number in range(shards):
        part = names[number * per_shard : (number + 1) * per_shard]
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        weight_map |= dict.fromkeys(part, file)
        written += _write_shard(folder / file, {name: shapes[name] for name in part}, filled)
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return written


def _write_shard(path: Path, shapes: dict[str, tuple[int, ...]], filled: set[str]) -> int:
    header, begins, position = {}, {}, 0
    for name, shape in shapes.items():
        size = 2 * torch.Size(shape).numel()
        begins[name] = position
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    generator, written = torch.Generator().manual_seed(0), 0
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        start = file.tell()
        file.truncate(start + position)
        for name in filled & set(shapes):
            file.seek(start + begins[name])
            weights = torch.randn(shapes[name], generator=generator).mul_(0.02).half()
            written += file.write(weights.numpy().tobytes())
    return written


def main() -> None:
    """Write one with the shapes of LLaMA-2-70B."""
    parser = argparse.ArgumentParser(description="Write a sparse checkpoint with the shapes of LLaMA-2-70B.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layer", type=int, default=40, help="the layer whose attention is filled")
    options = parser.parse_args()
    written = write_sparse_checkpoint(options.folder, LLAMA_2_70B, options.layer)
    print(f"{options.folder}: the attention of layer {options.layer} holds {written:,} bytes")


if __name__ == "__main__":
    main()
