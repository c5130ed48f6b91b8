"""Everything that can be wrong with the folder of a model, done to the folder of a tiny llama."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tensorllm_core.models.other_contents import SINGLE_FILE

__all__ = ["BROKEN", "LAYER", "change_config", "change_weights"]

LAYER = 1
"""The layer whose weights are damaged."""
_ATTENTION = f"model.layers.{LAYER}.self_attn"
_V_PROJ = f"{_ATTENTION}.v_proj.weight"
_NEW_BITSANDBYTES = {"quant_method": "bitsandbytes", "load_in_8bit": False, "load_in_4bit": True}


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / SINGLE_FILE)
    change(weights)
    save_file(weights, folder / SINGLE_FILE)


def _config(**changes):
    return lambda folder: change_config(folder, **changes)


def _value(value):
    return lambda folder: change_weights(folder, lambda weights: weights[_V_PROJ].__setitem__((2, 3), value))


def _header(change):
    """Change the header and leave the data as they are."""

    def spoil(folder):
        content = (folder / SINGLE_FILE).read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:end])
        change(header)
        text = json.dumps(header).encode()
        (folder / SINGLE_FILE).write_bytes(len(text).to_bytes(8, "little") + text + content[end:])

    return spoil


def _grow(header):
    """Describe more rows of the last tensor than the file holds, in its shape and in its bytes alike."""
    last = max((entry for name, entry in header.items() if name != "__metadata__"), key=lambda e: e["data_offsets"])
    start, stop = last["data_offsets"]
    last["shape"][0] *= 1000
    last["data_offsets"][1] = start + 1000 * (stop - start)


def _junk(folder):
    path = folder / SINGLE_FILE
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\xff" * 200 + content[208:])


def _codes(*endings):
    """Rename the attention weights as older quantised checkpoints do, which have no `quantization_config`."""

    def change(weights):
        for part in "qkvo":
            weights.pop(f"{_ATTENTION}.{part}_proj.weight")
            weights |= {f"{_ATTENTION}.{part}_proj.{ending}": torch.ones(2, dtype=torch.int32) for ending in endings}

    return lambda folder: change_weights(folder, change)


def _pipe(name):
    def put(folder):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return put


def _link(name, target):
    def put(folder):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return put


BROKEN = [
    pytest.param(_pipe("config.json"), "config.json, got a pipe; put the file itself there", id="a pipe for a config"),
    pytest.param(_pipe("tokenizer.json"), "tokenizer.json, got a pipe", id="a pipe for a tokenizer"),
    pytest.param(_link(SINGLE_FILE, "/dev/zero"), f"{SINGLE_FILE}, got a device", id="a device for weights"),
    pytest.param(shutil.rmtree, "Expected a folder with a model at", id="no folder"),
    pytest.param(lambda folder: (folder / "config.json").unlink(), "Expected config.json in", id="no config"),
    pytest.param(
        lambda folder: (folder / "config.json").write_text("{"), "a JSON object in config.json", id="half a config"
    ),
    pytest.param(lambda folder: (folder / SINGLE_FILE).unlink(), "Expected `model.safetensors` or", id="no weights"),
    pytest.param(
        lambda folder: (folder / SINGLE_FILE).rename(folder / "pytorch_model.bin"), "only pickled ones", id="pickled"
    ),
    pytest.param(lambda folder: os.truncate(folder / SINGLE_FILE, 20_000), "cut short", id="truncated"),
    pytest.param(lambda folder: os.truncate(folder / SINGLE_FILE, 0), "Expected 8 bytes", id="empty"),
    pytest.param(_junk, "a JSON object in the header of model.safetensors", id="corrupt"),
    pytest.param(
        _header(lambda header: header[_V_PROJ].update(shape=[4096, 4096])), "of shape [4096, 4096]", id="wrong shape"
    ),
    pytest.param(_header(_grow), "the file is cut short", id="wrong length"),
    pytest.param(
        _header(lambda header: header[_V_PROJ].update(data_offsets=[0, 2**60])), "bytes, not", id="wrong offsets"
    ),
    pytest.param(
        lambda folder: (folder / SINGLE_FILE).write_bytes((2**62).to_bytes(8, "little") + b"{}"),
        "longer than the format allows",
        id="wrong header length",
    ),
    pytest.param(_value(torch.nan), f"NaN or infinity in `{_V_PROJ}`", id="NaN"),
    pytest.param(_value(torch.inf), f"NaN or infinity in `{_V_PROJ}`", id="infinity"),
    pytest.param(_config(model_type="mamba"), "got `mamba`", id="unknown architecture"),
    pytest.param(_config(hidden_size=64), "of shape", id="config of another model"),
    pytest.param(_config(quantization_config={"quant_method": "gptq"}), "quantised with `gptq`", id="GPTQ"),
    pytest.param(_config(quantization_config={"quant_method": "awq"}), "quantised with `awq`", id="AWQ"),
    pytest.param(_config(quantization_config=_NEW_BITSANDBYTES), "quantised with `bitsandbytes`", id="bitsandbytes"),
    pytest.param(
        _config(quantization_config={"load_in_8bit": True}), "quantised with `bitsandbytes`", id="early bitsandbytes"
    ),
    pytest.param(_codes("qweight", "qzeros", "scales", "g_idx"), "quantised with `gptq`", id="GPTQ by its tensors"),
    pytest.param(_codes("qweight", "qzeros", "scales"), "quantised with `awq`", id="AWQ by its tensors"),
    pytest.param(
        _codes("weight", "weight.absmax", "weight.quant_map"),
        "quantised with `bitsandbytes`",
        id="bitsandbytes by its tensors",
    ),
]
"""What is done to the folder, and a part of the message that follows."""
