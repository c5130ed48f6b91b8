"""How much work it is to ask a model: so that the share done of a run is the share of its time, nearly.

The unit is the work of one token position in all blocks. A pass that begins at layer L of N is (N - L) / N of it; the
output layer works at the scored positions alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from tensorllm_core.experiments.encoding import Encoding
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import blocks_of

__all__ = ["Pace", "most_tokens_of", "work_of"]

_NEW_TOKEN = 2.0
"""A generated token takes about as long as so many tokens of a prompt: its pass reads all weights for few tokens."""
_MOST_TOKENS = 2**14
_LEAST_TOKENS = 2**8
_CPU_PASS = 2**36
"""Parameters times tokens of one pass on a CPU: about a second on two cores."""


def most_tokens_of(loaded: LoadedModel) -> int:
    """The most tokens of one pass: on a CPU few enough that its progress shows every second or so.

    It depends on the model and the kind of device alone, so that the same rows always make the same batches.
    """
    parameter = next(loaded.model.parameters())
    if parameter.device.type != "cpu":
        return _MOST_TOKENS
    count = sum(each.numel() for each in loaded.model.parameters())
    return max(_LEAST_TOKENS, min(_MOST_TOKENS, _CPU_PASS // count))


def work_of(loaded: LoadedModel, encoding: Encoding, layer: int) -> float:
    """Asking these questions once, when the passes that score begin at `layer`."""
    return _scoring(loaded, encoding, layer) + _generating(encoding)


class Pace:
    """The share done of asking a model some questions.

    Args:
        positions: token positions of all passes that score, with the padding.
        go_on: gets this share; False asks to stop.
    """

    def __init__(self, loaded: LoadedModel, encoding: Encoding, positions: int, go_on: Callable[[float], bool]) -> None:
        self._loaded, self._go_on = loaded, go_on
        self._positions = max(positions, 1)
        self._new_tokens = encoding.question_set.max_new_tokens
        self._prompts = max(len(encoding.prompts), 1)
        scoring, generating = _scoring(loaded, encoding, 0), _generating(encoding)
        self._of_scoring = scoring / max(scoring + generating, 1)
        # Not 0, which says that the work that is measured has not begun.
        self._share = 1e-6

    def go_on(self) -> bool:
        """Report the share; returns whether to go on."""
        return self._go_on(min(self._share, 1.0))

    def scored(self, positions: int) -> None:
        """Note that a pass over so many positions is done."""
        self._share += self._of_scoring * positions / self._positions

    @contextmanager
    def generating(self, prompts: int) -> Iterator[None]:
        """Follow the generation of that many answers, token by token."""
        begin, part = self._share, (1 - self._of_scoring) * prompts / self._prompts

        def count(_output: nn.Module, _inputs: tuple, _logits: Tensor) -> None:
            self._share = min(self._share + part / max(self._new_tokens, 1), begin + part)

        output: nn.Module = self._loaded.model.get_output_embeddings()  # type: ignore[operator]
        handle = output.register_forward_hook(count)
        try:
            yield
        finally:
            handle.remove()
            self._share = begin + part


def _scoring(loaded: LoadedModel, encoding: Encoding, layer: int) -> float:
    probes = [probe for of_question in encoding.probes for probe in of_question]
    layers = loaded.checkpoint.layers
    in_blocks = sum(len(probe.tokens) for probe in probes) * (layers - layer) / layers
    return in_blocks + sum(len(probe.scored) for probe in probes) * _output(loaded)


def _generating(encoding: Encoding) -> float:
    """The passes that write answers always run the whole model."""
    new = _NEW_TOKEN * encoding.question_set.max_new_tokens
    return sum((len(prompt) + new for prompt in encoding.prompts), 0.0)


def _output(loaded: LoadedModel) -> float:
    """The output layer at one position."""
    output = loaded.model.get_output_embeddings().weight.numel()  # type: ignore[operator]
    blocks = sum(parameter.numel() for block in blocks_of(loaded) for parameter in block.parameters())
    return output / max(blocks, 1)
