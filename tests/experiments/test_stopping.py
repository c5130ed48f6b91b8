"""A stop is heard before the next block of a model, and all subjects are compared on the same questions."""

from __future__ import annotations

import pytest

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.errors import StoppedError
from tensorllm_core.experiments.edits import attention_removal
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, empty_answer_cache, evaluate
from tensorllm_core.experiments.workload import most_tokens_of
from tensorllm_core.models.prefix import blocks_of
from tests.experiments.conftest import some_questions


class Follower:
    """Follows a run, and stops it after so many reports."""

    def __init__(self, most: float = float("inf")) -> None:
        self.most = most
        self.shares: list[float] = []
        self.messages: list[str] = []

    def __call__(self, share: float, message: str) -> bool:
        self.shares.append(share)
        self.messages.append(message)
        return len(self.shares) <= self.most


def subjects(loaded):
    return [Subject(ORIGINAL, loaded), Subject("removed", loaded, attention_removal((2,)))]


def run(loaded, follower, questions=None, **more):
    sets = questions or [some_questions("world-hop", 60), some_questions("world-facts", 40)]
    return evaluate(sets, subjects(loaded), progress=follower, wave=20, **more)


def test_the_share_rises_from_0_to_1_and_every_report_says_who_is_asked_what(decoder):
    follower = Follower()
    assert run(decoder, follower).complete
    assert follower.shares == sorted(follower.shares)
    assert follower.shares[0] == 0.0
    assert 0.8 < follower.shares[-1] <= 1.0
    assert follower.messages[0] == "asking original: world-hop, 1 of 60 questions"
    assert {message.split(":")[0] for message in follower.messages} == {"asking original", "asking removed"}
    assert follower.messages[-1].endswith("world-hop, 41 of 60 questions")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.55, 0.8])
def test_a_stop_in_a_wave_drops_it_for_all_subjects(decoder, share):
    whole = Follower()
    run(decoder, whole)
    follower = Follower(most=int(share * len(whole.shares)))
    if share == 0.1:
        with pytest.raises(StoppedError):
            run(decoder, follower)
    else:
        evaluation = run(decoder, follower)
        counts = [
            {name: len(answers.right) for name, answers in by_benchmark.items()}
            for by_benchmark in evaluation.answers.values()
        ]
        assert counts[0] == counts[1]
        assert not evaluation.complete
        assert 0 < evaluation.share < 1
    assert len(follower.shares) == follower.most + 1, "nothing more runs once a stop was asked for"
    assert not any(block._forward_pre_hooks for block in blocks_of(decoder))


def test_a_stop_is_heard_within_the_generation_of_a_text(decoder):
    rows = tuple(Question(q.id, "", q.text, q.answer) for q in some_questions("world-facts", 10).questions)
    questions = [QuestionSet("generated", Split.TEST, rows, Answering.GENERATION, max_new_tokens=20)]
    whole = Follower()
    run(decoder, whole, questions)
    assert len(set(whole.shares)) > 8, "the share moves with every token"
    assert whole.shares == sorted(whole.shares)
    follower = Follower(most=len(whole.shares) // 3)
    with pytest.raises(StoppedError):
        run(decoder, follower, questions)
    assert len(follower.shares) == follower.most + 1


def test_cached_answers_are_no_work(decoder):
    cache = empty_answer_cache()
    run(decoder, Follower(), cache=cache)
    follower = Follower()
    run(decoder, follower, cache=cache)
    asked = [share for share, message in zip(follower.shares, follower.messages, strict=True) if "removed" in message]
    assert asked[0] == 0.0
    assert follower.shares == sorted(follower.shares)


def test_a_pass_on_a_cpu_is_as_large_as_the_model_allows(decoder):
    assert most_tokens_of(decoder) == 2**14
