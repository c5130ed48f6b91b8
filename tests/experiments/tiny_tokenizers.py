"""Tiny tokenizers of every usual kind: a way to cut text, trained on sentences of our own, and what stands around it.

`end` is what each appends to a text, written down here so that a test needs nobody else's rule to find it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizer, PreTrainedTokenizerFast

SENTENCES = (
    "The grey cat sleeps under the old table. Who feeds the grey cat? Mira feeds it, and Tom brushes its fur.",
    "Where do the ferries land? They land in West Bay, in West Bay North, in Lima, in Porto and in New Porto.",
    "Is the door of the shop open? yes, no, perhaps. Reply: Lima. Reply: West Bay. Reply: perhaps not.",
    "He said: \"Wait!\" She said: \"Go (now).\" 's and it's - [so] (two) YES Yes. D'Arcy can't; Tom won't.",
    "A half-open box holds 2,000 pins, 7.25 litres or .5 of it. Zoë and André met at the café. Line one\nLine two:",
)
SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")


@dataclass(frozen=True)
class Kind:
    """How a tokenizer cuts text (`cut`), what it puts before and after it, and how its mask takes the space before."""

    cut: str
    start: str = ""
    end: tuple[str, ...] = ()
    mask_strips: bool = False
    padding_side: str = "right"
    has_pad: bool = True


KINDS = {
    "byte-level": Kind("byte-level", has_pad=False),
    "byte-level, begin": Kind("byte-level", "<s>", padding_side="left"),
    "byte-level, space first": Kind("byte-level, space first", "<s>", ("</s>",), mask_strips=True),
    "byte-level, single digits": Kind("byte-level, single digits", end=("</s>",)),
    "pieces, space in front": Kind("pieces, space in front", "<s>"),
    "pieces, space in front, end": Kind("pieces, space in front", "<s>", ("</s>",), padding_side="left"),
    "pieces, space first": Kind("pieces, space first", "<s>", mask_strips=True, padding_side="left"),
    "pieces, no space": Kind("pieces, no space", "<s>", has_pad=False),
    "word pieces": Kind("word pieces", "<s>", ("</s>",)),
    "word pieces, two ends": Kind("word pieces", end=("</s>", "<pad>"), padding_side="left"),
    "word pieces, cased": Kind("word pieces, cased"),
    "unigram": Kind("unigram", "<s>", ("</s>",)),
    "unigram, end": Kind("unigram", end=("</s>",), mask_strips=True, padding_side="left"),
    "letters": Kind("letters", "<s>", ("</s>",)),
}


@cache
def tiny_tokenizer(name: str) -> Any:
    """The tokenizer of transformers of that name in `KINDS`."""
    kind = KINDS[name]
    if kind.cut == "letters":
        return Letters()
    words = _trained(kind.cut)
    mask = AddedToken("<mask>", lstrip=kind.mask_strips, special=True, normalized=False)
    words.add_special_tokens([*SPECIAL[:4], mask])
    around = [token for token in SPECIAL if words.token_to_id(token) is not None]
    words.post_processor = processors.TemplateProcessing(
        single=" ".join(filter(None, [kind.start, "$A", *kind.end])),
        special_tokens=[(token, words.token_to_id(token)) for token in around],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>" if kind.has_pad else None,
        mask_token=mask,
        padding_side=kind.padding_side,
    )


class Letters(PreTrainedTokenizer):
    """One token for each character, in Python: such tokenizers do not know where in a text a token stands."""

    def __init__(self) -> None:
        letters = sorted(set("".join(SENTENCES)))
        self._numbers = {token: number for number, token in enumerate((*SPECIAL, *letters))}
        names = zip(("bos_token", "eos_token", "pad_token", "unk_token", "mask_token"), SPECIAL, strict=True)
        super().__init__(**dict(names))

    @property
    def vocab_size(self) -> int:
        return len(self._numbers)

    def get_vocab(self) -> dict[str, int]:
        return dict(self._numbers)

    def _tokenize(self, text: str, **options: object) -> list[str]:
        return list(text)

    def _convert_token_to_id(self, token: str) -> int:
        return self._numbers.get(token, self._numbers["<unk>"])

    def _convert_id_to_token(self, index: int) -> str:
        return list(self._numbers)[index]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return "".join(tokens)

    def build_inputs_with_special_tokens(self, tokens: list[int], other: list[int] | None = None) -> list[int]:
        return [self.bos_token_id, *tokens, self.eos_token_id]


def _trained(cut: str) -> Tokenizer:
    match cut.partition(",")[0]:
        case "byte-level":
            return _byte_level(cut)
        case "pieces":
            return _pieces(cut)
        case "word pieces":
            words = Tokenizer(models.WordPiece(unk_token="<unk>"))
            words.normalizer = normalizers.BertNormalizer(lowercase=not cut.endswith("cased"))
            words.pre_tokenizer, words.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
            return _train(words, trainers.WordPieceTrainer(vocab_size=350, **_options()))
    words = Tokenizer(models.Unigram())
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer, words.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return _train(words, trainers.UnigramTrainer(vocab_size=250, unk_token="<unk>", **_options()))


def _byte_level(cut: str) -> Tokenizer:
    words = Tokenizer(models.BPE())
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=cut.endswith("first"))
    words.pre_tokenizer, words.decoder = as_bytes, decoders.ByteLevel()
    if cut.endswith("digits"):
        by_words = pre_tokenizers.Split(Regex(r"\d| ?[^\s\d]+|\s+(?!\S)|\s+"), "isolated")
        as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        words.pre_tokenizer = pre_tokenizers.Sequence([by_words, as_bytes])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return _train(words, trainers.BpeTrainer(vocab_size=450, initial_alphabet=alphabet, **_options()))


def _pieces(cut: str) -> Tokenizer:
    """As SentencePiece: the space is a letter of the word after it, and unknown characters fall back to their bytes."""
    # Trained on words, so that no piece reaches from one into the next, and used on whole texts.
    teacher = Tokenizer(models.BPE())
    teacher.pre_tokenizer = pre_tokenizers.Metaspace()
    of_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    _train(teacher, trainers.BpeTrainer(vocab_size=580, special_tokens=[*SPECIAL, *of_bytes], show_progress=False))
    words = Tokenizer(models.BPE(**_vocabulary(teacher), unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    spaces = normalizers.Replace(" ", "▁")
    if cut.endswith("first"):
        words.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        in_front = [normalizers.Prepend("▁")] if cut.endswith("in front") else []
        words.normalizer = normalizers.Sequence([*in_front, spaces])
    parts = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    words.decoder = decoders.Sequence(parts)
    return words


def _vocabulary(words: Tokenizer) -> dict[str, Any]:
    model = json.loads(words.to_str())["model"]
    return {"vocab": model["vocab"], "merges": [tuple(pair) for pair in model["merges"]]}


def _train(words: Tokenizer, trainer: Any, sentences: Iterable[str] = SENTENCES) -> Tokenizer:
    words.train_from_iterator(sentences, trainer)
    return words


def _options() -> dict[str, object]:
    return {"special_tokens": list(SPECIAL), "show_progress": False}
