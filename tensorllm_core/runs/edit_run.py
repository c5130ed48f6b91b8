"""A model asked before and after an edit, and beside it the controls: the run behind Reasoning and `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tensorllm_core.errors import StoppedError
from tensorllm_core.experiments.edits import attention_removal, edit_of, read_layers
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject
from tensorllm_core.experiments.gone import Gone, gone_in_layer
from tensorllm_core.experiments.history import Curve, History
from tensorllm_core.experiments.paired import Paired, paired
from tensorllm_core.linalg.truncations import TuckerTruncations
from tensorllm_core.methods.method import Compressed, Prepared
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.registry import make_method
from tensorllm_core.methods.tensorise import detensorise
from tensorllm_core.methods.tensorllm import TensorLLM, tensorllm_unit
from tensorllm_core.models.bundled_models import CLEAN
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.runs.layer_analysis import LayerAnalysis, go_on
from tensorllm_core.runs.plan import EditPlan, plan_layer
from tensorllm_core.runs.questions import questions_of
from tensorllm_core.runs.ranks import ranks_of_tensors
from tensorllm_core.runs.resources import Resources, ask_all
from tensorllm_core.types import LayerWeights, Layout, Progress, Ranks, Tucker

__all__ = [
    "CLEAN_MODEL",
    "EDITED",
    "RANDOM",
    "REMOVED",
    "EditResult",
    "analyse_layers",
    "run_edit",
    "steps_before_asking",
    "tensorllm_of",
]

EDITED = "compressed"
REMOVED = "attention removed"
RANDOM = "random subspace"
CLEAN_MODEL = "clean model"


@dataclass(frozen=True, eq=False)
class EditResult:
    """What a run has measured so far.

    `ranks` are those of each decomposed tensor, by its name; `gone` has for each layer what is practically gone.
    """

    plan: EditPlan
    ranks: Mapping[str, tuple[int, ...]]
    stored_entries: int
    original_entries: int
    evaluation: Evaluation
    curves: tuple[Curve, ...]
    notices: tuple[str, ...] = ()
    gone: Mapping[int, Gone] = field(default_factory=dict)

    @property
    def compression_ratio(self) -> float:
        """Entries of the matrices that are replaced / entries stored in their place."""
        return self.original_entries / self.stored_entries

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the controls that answered, in their order."""
        return tuple(name for name in self.evaluation.answers if name not in {ORIGINAL, EDITED})

    def against(self, before: str, after: str = EDITED) -> Paired:
        """The difference from one subject to the other, on the questions that both have answered."""
        return paired(self.evaluation.answers[before], self.evaluation.answers[after])


def run_edit(
    plan: EditPlan,
    checkpoint: Checkpoint,
    resources: Resources,
    progress: Progress = go_on,
    publish: Callable[[EditResult], None] = lambda result: None,
) -> EditResult:
    """Compress the layers, ask the questions, publish after every wave; return the result so far when asked to stop.

    Raises:
        ExplorerError: questions, weights, ranks or the model cannot be had.
        StoppedError: stopped before there was an answer.
    """
    # 1. The questions: mistakes that cost little time to find come first.
    progress(0.0, "reading the questions")
    question_sets = questions_of(plan.questions, resources.load_questions)
    # 2. The layers, decomposed and compressed.
    layers = _prepare(plan, checkpoint, resources, progress)
    step = steps_before_asking(progress)
    step(0.0, "compressing the layers")
    compressed = layers.prepared.at(ranks_of_tensors(plan.ranks, layers.prepared))
    gone = {layer: gone_in_layer(layers.weights_of(layer), new) for layer, new in compressed.replacements.items()}
    # 3. The model, and all subjects that answer.
    loaded = resources.load_model(plan.model, step)
    subjects = [Subject(ORIGINAL, loaded), Subject(EDITED, loaded, edit_of(compressed))]
    if plan.controls:
        step(0.0, "making the controls")
        subjects += _controls(plan, layers.weights(), compressed, loaded, resources, step)
    # 4. The questions, wave by wave.
    history = History()

    def result_of(evaluation: Evaluation) -> EditResult:
        entries = (compressed.stored_entries, compressed.original_entries)
        return EditResult(plan, compressed.ranks, *entries, evaluation, history.curves(), layers.notices, gone)

    def on_wave(evaluation: Evaluation) -> None:
        history.add(evaluation)
        publish(result_of(evaluation))

    return result_of(ask_all(question_sets, subjects, resources, on_wave, progress))


def analyse_layers(
    layers: Sequence[int],
    layout: Layout,
    device: str,
    checkpoint: Checkpoint,
    resources: Resources,
    progress: Progress = go_on,
) -> dict[int, LayerAnalysis]:
    """The analysis of each of these layers, from the resources that all runs share.

    Raises:
        ExplorerError: as `analyse_layer`.
    """

    step = steps_before_asking(progress)

    def analyse(place: int, layer: int) -> LayerAnalysis:
        name = f"decomposing layer {layer} ({place} of {len(layers)})"
        step(0.0, name)
        plan = plan_layer(checkpoint, layer, layout, device)
        return resources.analyse(plan, checkpoint, lambda _, message: step(0.0, f"{name}: {message}"))

    return {layer: analyse(place, layer) for place, layer in enumerate(layers, start=1)}


def steps_before_asking(progress: Progress) -> Progress:
    """The progress of what comes before the questions: its share is 0, as nobody knows yet how long they take.

    Raises (the returned function):
        StoppedError: `progress` asked to stop.
    """

    def step(_share: float, message: str) -> bool:
        if not progress(0.0, message):
            raise StoppedError("The run was stopped before there was an answer; start it again.")
        return True

    return step


def tensorllm_of(
    analyses: Mapping[int, LayerAnalysis], refine: Callable[[LayerAnalysis, Ranks], Tucker] | None = None
) -> Prepared:
    """TensorLLM from finished analyses; `refine` gives the decompositions, without it they are truncations."""
    return Prepared(
        tuple(
            tensorllm_unit(layer, analysis.tensor, _truncations(analysis, refine))
            for layer, analysis in analyses.items()
        )
    )


@dataclass(frozen=True, eq=False)
class _Layers:
    """The layers of an edit, decomposed; `weights_of` gives the original weights of one of `layers`."""

    prepared: Prepared
    layers: tuple[int, ...]
    weights_of: Callable[[int], LayerWeights]
    notices: tuple[str, ...] = ()

    def weights(self) -> dict[int, LayerWeights]:
        """The original weights of all of them."""
        return {layer: self.weights_of(layer) for layer in self.layers}


def _prepare(plan: EditPlan, checkpoint: Checkpoint, resources: Resources, progress: Progress) -> _Layers:
    """Decompose the layers. TensorLLM uses the analyses that Decompose shows; other methods read their own weights."""
    method = make_method(plan.method, plan.options)
    if not isinstance(method, TensorLLM):
        progress(0.0, "reading the layers")
        weights = read_layers(checkpoint, plan.layers, method)
        step = steps_before_asking(progress)
        prepared = method.prepare(weights, lambda _, message: step(0.0, f"decomposing, {message}"))
        return _Layers(prepared, tuple(weights), weights.__getitem__)
    analyses = analyse_layers(plan.layers, method.layout, plan.model.device, checkpoint, resources, progress)

    def refine(analysis: LayerAnalysis, ranks: Ranks) -> Tucker:
        refinement = resources.refine(analysis, ranks, lambda _, message: progress(0.0, f"refining, {message}"))
        if refinement.stopped:
            raise StoppedError("The refinement was stopped before it was done; start it again.")
        return refinement.tucker

    return _Layers(
        tensorllm_of(analyses, refine if method.sweeps else None),
        tuple(analyses),
        lambda layer: LayerWeights(detensorise(analyses[layer].tensor)),
        tuple(dict.fromkeys(notice for analysis in analyses.values() for notice in analysis.notices)),
    )


@dataclass(frozen=True, eq=False)
class _RefinedTruncations(TuckerTruncations):
    """Truncations whose decompositions `refine` gives."""

    refine: Callable[[Ranks], Tucker] = field(kw_only=True)

    def tucker(self, ranks: tuple[int, ...]) -> Tucker:
        """The refined decomposition at these ranks."""
        return self.refine(Ranks(*self.check(ranks)))


def _truncations(analysis: LayerAnalysis, refine: Callable[[LayerAnalysis, Ranks], Tucker] | None) -> TuckerTruncations:
    if refine is None:
        return TuckerTruncations(analysis.decomposition, analysis.table)
    return _RefinedTruncations(analysis.decomposition, analysis.table, refine=partial(refine, analysis))


def _controls(
    plan: EditPlan,
    weights: Mapping[int, LayerWeights],
    compressed: Compressed,
    loaded: LoadedModel,
    resources: Resources,
    progress: Progress,
) -> list[Subject]:
    """The controls that this run can have; where feed-forward matrices alone are replaced, the clean model at most."""
    controls = []
    if any(new.attention is not None for new in compressed.replacements.values()):
        controls.append(Subject(REMOVED, loaded, attention_removal(plan.layers)))
    random = RandomSubspace(plan.options.layout).prepare(weights, progress)
    if set(random.tensors) == set(compressed.ranks):
        controls.append(Subject(RANDOM, loaded, edit_of(random.at(compressed.ranks))))
    if clean := CLEAN.get(plan.model.reference):
        model = replace(plan.model, reference=clean, revision=resources.open_checkpoint(clean).revision)
        controls.append(Subject(CLEAN_MODEL, resources.load_model(model, progress)))
    return controls
