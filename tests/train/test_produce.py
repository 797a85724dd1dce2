"""From a recipe to a sealed folder, in small; and what a cancelled run leaves behind."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core import codec
from workbench.core.errors import BadInput, Cancelled
from workbench.core.progress import listening
from workbench.core.results import Reference
from workbench.families.load import load
from workbench.measures.bank import space
from workbench.nn.vit import PredictorConfig, VitConfig
from workbench.train import produce, sources
from workbench.train.data import shapes_bank
from workbench.train.evaluate import evaluate
from workbench.train.masked import build
from workbench.train.save import save

_RECIPE = replace(
    sources.SOURCES["shapes"].recipe,
    encoder=VitConfig(dim=24, depth=1, heads=2, hidden=48, patch=8, table=(8, 8)),
    predictor=PredictorConfig(16, 1, 2, 32),
    steps=2,
    batch=2,
)
_SMALL = replace(
    sources.SOURCES["shapes"],
    recipe=_RECIPE,
    training=lambda quick: shapes_bank(4, 0),
    bank=lambda: shapes_bank(6, 1),
    fresh=lambda seed: shapes_bank(150, 1000 + seed),
    known=130,
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> str:
    """A sample of two training steps, registered as "small" with the words of "shapes"."""
    monkeypatch.setitem(sources.SOURCES, "small", _SMALL)
    monkeypatch.setitem(produce.cards.WORDS, "small", produce.cards.WORDS["shapes"])
    return "small"


@pytest.mark.long
def test_training_writes_a_folder_that_loads_and_seals(small: str, tmp_path: Path) -> None:
    path = produce.train(small, tmp_path)
    produce.finish(small, tmp_path)
    jepa = load(path)
    reference = codec.loads((tmp_path / "reference.npz").read_bytes())
    assert isinstance(reference, Reference)
    assert (reference.n, reference.space, reference.mean.shape) == (6, space(jepa), (1, 8, 8, 24))
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["training"]["steps"] == 2
    assert card["figures"]["seed"] == 1
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    with np.load(tmp_path / "bank.npz", allow_pickle=False) as bank:
        assert bank["pixels"].shape == (6, 1, 64, 64, 3)
        assert len(bank["names"]) == len(bank["labels"]) == 6


def test_a_cancelled_training_leaves_the_old_files(small: str, tmp_path: Path) -> None:
    path = produce.train(small, tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def stop(done: int, total: int) -> None:
        if total and done == 1:
            raise Cancelled

    with listening(stop), pytest.raises(Cancelled):
        produce.train(small, tmp_path, seed=5)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert path.is_file()


@pytest.mark.long
def test_figures_have_their_keys_and_repeat_with_their_seed(tmp_path: Path) -> None:
    jepa = load(save(build(_RECIPE, 0), _RECIPE, tmp_path, clips=4))
    found = evaluate(jepa, _SMALL, 3)
    assert found == evaluate(jepa, _SMALL, 3)
    figures = {"centred_cosine", "centred_cosine_other_image", "mse_over_mean", "retrieval_rank", "rankme", "probe", "few_label", "seed"}
    assert figures <= set(found)
    assert set(found["probe"]) == {"model", "random_init", "pixels"}
    assert {k: set(v) for k, v in found["few_label"].items()} == {k: {"model", "random_init", "pixels"} for k in ("1", "3", "10")}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.long
def test_an_untrained_predictor_is_no_better_than_the_mean_and_finds_no_image(tmp_path: Path) -> None:
    jepa = load(save(build(_RECIPE, 0), _RECIPE, tmp_path, clips=4))
    found = evaluate(jepa, _SMALL, 0)
    assert found["mse_over_mean"] > 1
    assert abs(found["centred_cosine"] - found["centred_cosine_other_image"]) < 0.1
    assert 0.3 < found["retrieval_rank"] / found["retrieval_images"] < 0.7


def test_an_unknown_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="shapes, digits, balls-masked"):
        produce.train("faces", tmp_path)
