"""Ranks, quilts and errors over a bank."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import numpy as np
import pytest
import torch

from workbench import measures
from workbench.core import codec, progress
from workbench.core.errors import Cancelled
from workbench.core.mask import Mask
from workbench.core.questions import questions
from workbench.core.results import BankErrors, Provenance
from workbench.measures import base, catalogue
from workbench.measures.attempts import Attempt, Problem, attempt, pixel_tokens
from workbench.measures.bank import Bank
from workbench.measures.prediction import prediction_error
from workbench.measures.reference import fit_basis, shared_pca
from workbench.measures.retrieval import cut, quilt, retrieval_rank
from workbench.measures.yardsticks import bank_errors, yardsticks
from workbench.model.jepa import Jepa


def _perfect(problem: Problem) -> Attempt:
    answer = attempt(problem)
    exact = torch.where(problem.blocks[..., None], answer.target[None], torch.tensor(torch.nan))
    return Attempt("model", exact, answer.target, answer.reference, answer.basis)


def test_a_perfect_prediction_ranks_first_everywhere(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    problem = Problem.of(jepa, bank.clips[2], mask, bank)
    rank = retrieval_rank(problem, _perfect(problem), "l2")
    assert rank.hole == 1
    assert rank.images == len(bank)
    assert np.nanmax(rank.across) == 1
    assert np.nanmax(rank.within) == 1
    assert rank.percentile == 0


def test_ranks_equal_a_sort(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    problem = Problem.of(jepa, bank.clips[2], mask, bank)
    answer = attempt(problem)
    rank = retrieval_rank(problem, answer, "l2")
    every = bank.targets(jepa).numpy()
    predicted = answer.predicted.nanmean(0).numpy()
    t, r, c = np.argwhere(mask.target)[0].tolist()
    far = ((every[:, t, r, c] - predicted[t, r, c]) ** 2).mean(-1)
    assert rank.across[t, r, c] == 1 + (far < far[2] - 1e-9).sum()


def test_the_quilt_is_made_of_the_nearest_real_patches_of_other_clips(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    problem = Problem.of(jepa, bank.clips[2], mask, bank)
    answer = attempt(problem)
    made = quilt(problem, answer)
    mean = np.delete(bank.targets(jepa).numpy(), 2, 0).mean(0)
    rest = bank.targets(jepa).numpy() - mean
    t, r, c = np.argwhere(mask.target)[0].tolist()
    query = answer.predicted.nanmean(0).numpy()[t, r, c] - mean[t, r, c]
    far = np.linalg.norm(rest - query, axis=-1)
    far[2] = np.inf
    assert made.distance[t, r, c, 0] == pytest.approx(far.min(), rel=1e-4)
    clip, token = made.nearest[t, r, c, 0]
    assert far[(clip, *problem.prepared.grid.position(int(token)))] == pytest.approx(far.min(), rel=1e-4)
    shape = problem.prepared.grid.shape
    patch = cut(bank.shown(jepa)[int(clip)][None], shape)[0, int(token)].numpy()
    sewn = cut(torch.from_numpy(made.predicted)[None], shape)[0, problem.prepared.grid.index(t, r, c)].numpy()
    assert np.array_equal(patch, sewn)
    kept = ~np.repeat(np.repeat(mask.target, problem.prepared.grid.patch[0], 1), problem.prepared.grid.patch[1], 2)
    kept = np.repeat(kept, problem.prepared.grid.tubelet, 0)
    assert np.array_equal(made.predicted[kept], problem.prepared.shown[0].numpy()[kept])
    assert np.array_equal(made.thumbs[0, 0], patch[0])


def test_yardsticks_hold_every_control_and_survive_the_wire(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    found = codec.loads(codec.dumps(yardsticks(jepa, bank.clips[0], mask, bank=bank)))
    assert [c.predictor for c in found.controls] == ["copy", "smooth", "other", "twin", "pixels"]
    for control in found.controls:
        direct = prediction_error(jepa, bank.clips[0], mask, bank=bank, predictor=control.predictor)
        assert control.skill == pytest.approx(direct.skill, abs=1e-6)
    alone = yardsticks(jepa, bank.clips[0], mask)
    assert alone.rank is None
    assert alone.control("other") is None
    assert alone.control("copy") is not None


def test_usual_pixels_are_kept_for_a_clip_and_never_serve_another(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    def usual(clip: int) -> np.ndarray:
        return attempt(Problem.of(jepa, bank.clips[clip], mask, bank), "pixels").reference.mean

    first, other, again = usual(0), usual(1), usual(0)
    assert usual(0) is again
    assert np.array_equal(first, again)
    every = np.stack([pixel_tokens(jepa.encoder.prepare([c]))[0].numpy() for c in bank.clips])
    for clip, mean in enumerate((first, other)):
        assert np.allclose(mean, np.delete(every, clip, 0).mean(0), atol=1e-6)


def test_the_interval_is_the_standard_error_of_the_mean() -> None:
    rng = np.random.default_rng(1)
    errors = 1 + 0.2 * rng.standard_normal((1, 400))
    flat = BankErrors(("model",), errors, np.full(400, 2.0), "l1", "b", "s", 0, Provenance("bank_errors", "m"))
    low, high = flat.interval()
    expected = 1.96 * errors.std() / 20 / 2
    assert (high - low) / 2 == pytest.approx(expected, rel=0.1)
    assert flat.skill() == pytest.approx(1 - errors.mean() / 2)
    assert flat.easier_than(10.0) == 1.0


def test_bank_errors_are_the_single_errors_and_can_be_cancelled(jepa: Jepa, bank: Bank) -> None:
    settings = {"blocks": 2, "spatial_scale": (0.2, 0.2)}
    found = bank_errors(jepa, bank, sampler="vjepa_multiblock", parameters=settings, seed=5, limit=3)
    rng = np.random.default_rng(5)
    from workbench.masks import make

    draw = make("vjepa_multiblock", **settings)
    shape = jepa.encoder.prepare(bank.clips[:1]).grid.shape
    for i in range(3):
        one = prediction_error(jepa, bank.clips[i], draw.sample(shape, rng), bank=bank)
        assert found.errors[0, i] == pytest.approx(one.mean, rel=1e-5)
        assert found.reference[i] == pytest.approx(float(np.nanmean(one.reference)), rel=1e-5)

    def stop(done: int, total: int) -> None:
        if done == 2 and total:
            raise Cancelled()

    with pytest.raises(Cancelled), progress.listening(stop):
        bank_errors(jepa, bank, sampler="vjepa_multiblock", parameters=settings)


def test_the_basis_is_that_of_a_covariance_and_stays_the_same(jepa: Jepa, bank: Bank) -> None:
    basis = shared_pca(jepa, bank)
    assert shared_pca(jepa, bank) is basis
    targets = bank.targets(jepa).double().numpy()
    rest = (targets - targets.mean(0)).reshape(-1, targets.shape[-1])
    values, vectors = np.linalg.eigh(rest.T @ rest)
    for k in range(3):
        assert abs(basis.components[k] @ vectors[:, -1 - k]) == pytest.approx(1.0, abs=1e-3)
        assert basis.components[k][np.abs(basis.components[k]).argmax()] > 0
    assert basis.explained[0] == pytest.approx(values[-1] / values.sum(), rel=1e-3)


def test_a_basis_of_two_features_has_a_quiet_third_colour() -> None:
    basis = fit_basis(torch.randn(5, 1, 2, 2, 2), "tiny", "s")
    assert basis.components.shape == (3, 2)
    assert basis.explained[2] == 0


def test_every_measure_in_the_catalogue_exists_and_refuses_what_its_entry_needs() -> None:
    modules = [import_module(f"workbench.measures.{found.name}") for found in pkgutil.iter_modules(measures.__path__)]
    for entry in catalogue.ENTRIES:
        function = next(getattr(module, entry.name) for module in modules if hasattr(module, entry.name))
        assert function.__name__ == entry.name
        assert hasattr(function, "__wrapped__"), f"{entry.name} is not decorated with @measure"
        assert entry.formula
        assert entry.cannot


def test_every_type_of_question_has_a_measure() -> None:
    for kind in questions().values():
        if kind.__module__.startswith("workbench."):
            import_module(f"workbench.measures.{kind.__module__.rpartition('.')[2]}")
            assert kind in base._answers
