"""From a plan to answers: decompose, load, ask, in the background; no drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pages.session.scene import ChooseBy, Scene
from pages.shared.analysis import Analysis, analyse
from pages.shared.measuring import note_measured
from pages.shared.plan import BUNDLED_BENCHMARKS, EDITED, OWN_FILE, Plan, Reasoning, make_plan
from pages.work.caches import answer_cache, cached_checkpoint, cached_model, cached_questions, prefix_store
from pages.work.loaded_models import ModelKey
from pages.work.queue import Report
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.errors import RankError
from tensorllm_core.experiments.edits import edit_of, removed
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject, evaluate
from tensorllm_core.experiments.history import History
from tensorllm_core.linalg.rank_choice import clamp_ranks, ranks_for_compression, ranks_for_error, tied_ranks
from tensorllm_core.linalg.truncations import TuckerTruncations
from tensorllm_core.methods.method import Compressed, Prepared
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.tensorise import detensorise
from tensorllm_core.methods.tensorllm import tensor_name, tensorllm_unit
from tensorllm_core.models.bundled_models import CLEAN
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.types import LayerWeights, Ranks

__all__ = [
    "BUNDLED_BENCHMARKS",
    "EDITED",
    "OWN_FILE",
    "Plan",
    "Reasoning",
    "compress_layers",
    "make_plan",
    "questions_of",
    "ranks_of",
    "run",
]

REMOVED = "attention removed"
RANDOM = "random subspace"
CLEAN_MODEL = "clean model"

_SWEEPS = 10
_ROUNDS = 8
"""How many times a curve moves in one run."""
_LEAST_WAVE, _MOST_WAVE = 32, 256


def model_key(scene: Scene, revision: str) -> ModelKey:
    """The loaded model that a scene asks for."""
    return ModelKey(scene.model, revision, scene.device, scene.dtype)


def questions_of(plan: Plan) -> list[QuestionSet]:
    """The questions to ask, in a fixed random order.

    Raises:
        BenchmarkError: a benchmark that does not exist or cannot be had, a template without a place for the question.
    """
    split = Split(plan.scene.split)
    found = []
    for name in plan.benchmarks:
        questions = plan.own if name == OWN_FILE and plan.own else cached_questions(name, split)
        if plan.scene.template:
            questions = questions.with_template(plan.scene.template)
        found.append(shuffled(questions, plan.scene.sample or None))
    return found


def ranks_of(scene: Scene, analysis: Analysis) -> Ranks:
    """The ranks that the scene stands for in one layer: its own where an error, a ratio or the hint decides."""
    if scene.by is ChooseBy.ERROR:
        return ranks_for_error(analysis.table, max(scene.error, 1e-6))
    if scene.by is ChooseBy.COMPRESSION:
        try:
            return ranks_for_compression(analysis.table, scene.ratio)
        except RankError:
            return Ranks(1, 1, 1)
    if scene.ranks is None:
        return analysis.noise.ranks
    ranks = tied_ranks(analysis.shape, scene.ranks.r2, scene.ranks.r3) if scene.tied else scene.ranks
    return clamp_ranks(analysis.shape, ranks)


def run(plan: Plan, checkpoint: Checkpoint, report: Report[Reasoning]) -> Reasoning:
    """Publishes after every wave, and returns what there is when asked to stop; a complete result is noted on disk."""
    report.progress(0.0, "reading the questions")
    questions = questions_of(plan)
    report.progress(0.0, "loading the model")
    loaded = cached_model(model_key(plan.scene, plan.revision), lambda share, message: report.progress(0.0, message))
    analyses = {
        layer: analyse(replace(plan.scene, layer=layer), checkpoint, lambda share, message: True)
        for layer in plan.layers
    }
    ranks = {layer: ranks_of(plan.scene, analysis) for layer, analysis in analyses.items()}
    planned = compress_layers(analyses, ranks, _SWEEPS if plan.scene.refine else 0)
    subjects = [Subject(ORIGINAL, loaded), Subject(EDITED, loaded, edit_of(planned))]
    if plan.scene.controls:
        subjects += _controls(plan, analyses, ranks, loaded)
    history = History()

    def on_wave(evaluation: Evaluation) -> bool:
        history.note(evaluation)
        report.publish(Reasoning(plan, ranks, planned.compression_ratio, evaluation, history.curves()))
        asked = sum(len(found.right) for found in evaluation.answers[ORIGINAL].values())
        return report.progress(evaluation.share, f"{asked:,} of {sum(evaluation.total.values()):,} questions")

    evaluation = evaluate(
        questions, subjects, store=prefix_store(), cache=answer_cache(), on_wave=on_wave, wave=_wave(questions)
    )
    found = Reasoning(plan, ranks, planned.compression_ratio, evaluation, history.curves())
    note_measured(found)
    return found


def _wave(questions: list[QuestionSet]) -> int:
    most = max(len(found.questions) for found in questions)
    return min(max(-(-most // _ROUNDS), _LEAST_WAVE), _MOST_WAVE)


def compress_layers(analyses: Mapping[int, Analysis], ranks: Mapping[int, Ranks], sweeps: int) -> Compressed:
    """The layers at these ranks, from their cached decompositions."""
    units = (
        tensorllm_unit(layer, analysis.tensor, TuckerTruncations(analysis.decomposition, analysis.table, sweeps))
        for layer, analysis in analyses.items()
    )
    return Prepared(tuple(units)).at(_by_tensor(ranks))


def _controls(
    plan: Plan, analyses: Mapping[int, Analysis], ranks: Mapping[int, Ranks], loaded: LoadedModel
) -> list[Subject]:
    weights = {layer: LayerWeights(detensorise(analysis.tensor)) for layer, analysis in analyses.items()}
    random = RandomSubspace(plan.scene.layout).prepare(weights).at(_by_tensor(ranks))
    controls = [
        Subject(REMOVED, loaded, removed(plan.layers)),
        Subject(RANDOM, loaded, edit_of(random)),
    ]
    clean = CLEAN.get(plan.scene.model)
    if clean:
        key = model_key(replace(plan.scene, model=clean), cached_checkpoint(clean).revision)
        controls.append(Subject(CLEAN_MODEL, cached_model(key)))
    return controls


def _by_tensor(ranks: Mapping[int, Ranks]) -> dict[str, tuple[int, ...]]:
    return {tensor_name(layer): tuple(found) for layer, found in ranks.items()}
