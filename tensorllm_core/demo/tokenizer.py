"""A word-level tokenizer for the demo world: every name and word is one token."""

from __future__ import annotations

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from tensorllm_core.demo.clues import CLUES
from tensorllm_core.demo.wording import BIOGRAPHIES, CLAIMS, COMPOSITIONS, RELATIONS
from tensorllm_core.demo.world import World

__all__ = ["decoder_tokenizer", "encoder_tokenizer"]

_SPECIAL = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
_MASK = "<mask>"


def decoder_tokenizer(world: World) -> PreTrainedTokenizerFast:
    """Tokens `<s> prompt`; the next token is the answer.

    >>> from tensorllm_core.demo.world import make_world
    >>> tokenizer = decoder_tokenizer(make_world(0))
    >>> tokenizer.convert_ids_to_tokens(tokenizer("Where was Nobody born? In").input_ids)
    ['<s>', 'Where', 'was', '<unk>', 'born', '?', 'In']
    """
    return _tokenizer(world, "<s> $A", extra={})


def encoder_tokenizer(world: World) -> PreTrainedTokenizerFast:
    """Tokens `<s> prompt <mask> </s>`, where the prompt's text ends in `<mask>`."""
    return _tokenizer(world, "<s> $A </s>", extra={"mask_token": _MASK, "cls_token": "<s>", "sep_token": "</s>"})


def _tokenizer(world: World, template: str, extra: dict[str, str]) -> PreTrainedTokenizerFast:
    vocabulary = {token: number for number, token in enumerate([*_SPECIAL.values(), _MASK, *_words(world)])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=_SPECIAL["unk_token"]))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single=template, special_tokens=[(token, vocabulary[token]) for token in ("<s>", "</s>")]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **_SPECIAL, **extra, model_max_length=64)


def _words(world: World) -> list[str]:
    """Words of the training wordings, the clues and all answers, sorted; held-out wordings add none."""
    words = {name for names in world.candidates.values() for name in names}
    words.update(clue for clues in CLUES.values() for clue in clues)
    topics = [CLAIMS, BIOGRAPHIES, *(topic.wordings for topic in (*RELATIONS, *COMPOSITIONS))]
    for template in (template for wordings in topics for template in wordings.train):
        bare = template.format(subject="", statement="", clues="")
        words.update(piece for piece, _ in Whitespace().pre_tokenize_str(bare))
    return sorted(words)
