"""Decoders in a worker: fitted as long work, kept by model and bank, saved, opened, and drawn beside the nearest real frames."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import Cancelled, Incomparable, PartUnavailable
from workbench.core.questions.decoding import FITTED
from workbench.masks import sample_mask
from workbench.measures.videos import labelled
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow


def of(name: str) -> dict[str, Any]:
    found = samples.find(name)
    return {"model": ModelKey(str(found.checkpoint)), "bank": BankKey(str(found.bank))}


def clip(name: str, index: int) -> ClipKey:
    return ClipKey(str(samples.find(name).bank), index)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """With decoders that were hardly fitted: what they draw means little, whose they are and what they say must hold."""
    made = Shelf()
    for name in ("digits", "two-rooms"):
        made.run("fit_decoder", {**of(name), "steps": 30})
    return made


def test_a_decoder_is_kept_for_its_model_and_bank_only(shelf: Shelf) -> None:
    fit = shelf.run("decoder_fit", of("digits"))
    assert codec.loads(codec.dumps(fit)) == fit
    assert fit.bank == "digits bank"
    assert shelf.run("decoder_fit", of("shapes")) is None
    assert shelf.run("decoder_fit", {**of("digits"), "bank": BankKey(str(samples.find("shapes").bank))}) is None
    assert "decoder" not in {p.name for p in shelf.model(of("digits")["model"]).report.parts if p.matched}


def test_one_clip_is_drawn_in_every_way_and_from_predicted_tokens_too(shelf: Shelf) -> None:
    arguments = {**of("digits"), "clip": clip("digits", 4)}
    jepa = shelf.model(arguments["model"])
    grid = jepa.encoder.prepare([shelf.clip(arguments["clip"])]).grid
    mask = sample_mask("ijepa_multiblock", grid.shape, seed=0, min_keep=4)
    found = codec.loads(codec.dumps(shelf.run("decode_view", {**arguments, "mask": mask})))
    assert [r.label for r in found.reels] == ["real", "nearest real frame", "nearest real patches", "decoder", "from predicted tokens"]
    assert [FITTED in r.note for r in found.reels] == [False, False, False, True, True]
    assert "retrieved from digits bank" in found.reels[1].note
    assert found.distance.shape == (1,)
    assert not np.array_equal(found.reels[1].pixels, found.reels[0].pixels), "a clip is not answered with itself"
    assert not np.array_equal(found.reels[3].pixels, found.reels[4].pixels)
    without = shelf.run("decode_view", {**of("shapes"), "clip": clip("shapes", 0)})
    assert [r.label for r in without.reels] == ["real", "nearest real frame", "nearest real patches"]
    assert without.fit is None
    alone = shelf.run("decode_view", {"model": of("shapes")["model"], "clip": clip("shapes", 0)})
    assert [r.label for r in alone.reels] == ["real"]
    assert (alone.bank, alone.fit, len(alone.distance)) == ("", None, 0)


def test_what_is_predicted_does_not_see_what_is_hidden(shelf: Shelf) -> None:
    """Nothing leaks into the picture of predicted tokens, and not into what is drawn around them."""
    arguments = {**of("digits"), "clip": clip("digits", 4)}
    jepa, real = shelf.model(arguments["model"]), shelf.clip(arguments["clip"])
    grid = jepa.encoder.prepare([real]).grid
    mask = sample_mask("ijepa_multiblock", grid.shape, seed=0, min_keep=4)
    hidden = np.kron(~mask.context[0], np.ones(grid.patch, bool))
    pixels = real.pixels.copy()
    pixels[:, hidden] = 255 - pixels[:, hidden]
    shown = [shelf.run("decode_view", {**arguments, "clip": c, "mask": mask}).reels[4].pixels for c in (real, type(real)(pixels))]
    np.testing.assert_array_equal(*shown)


def test_a_film_drawn_by_a_fitted_decoder_says_so_and_the_twin_is_not_drawn_by_it(shelf: Shelf) -> None:
    arguments = {**of("two-rooms"), "clip": clip("two-rooms", 2), "how": "fitted"}
    film = shelf.run("film_view", arguments)
    assert [r.note for r in film.reels[1:]] == [FITTED, FITTED]
    twin = shelf.run("film_view", {**arguments, "predictor": "twin"})
    assert all("retrieved from" in r.note for r in twin.reels[1:])
    strip = shelf.run("honesty_strip", {**of("two-rooms"), "how": "fitted"})
    assert {r.note for r in strip} == {FITTED}
    assert labelled(film.reels[2], 3).shape[0] > labelled(film.reels[0], 3).shape[0], "the label is burnt in below the picture"
    with pytest.raises(PartUnavailable, match="no decoder was fitted"):
        shelf.run("film_view", {**of("balls"), "clip": clip("balls", 0), "how": "fitted"})


def test_a_decoder_goes_to_a_file_and_comes_back_to_its_own_model(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "digits.safetensors"
    path.write_bytes(shelf.run("decoder_file", of("digits")).tobytes())
    other = Shelf()
    fit = other.run("read_decoder", {**of("digits"), "path": str(path)})
    assert fit == shelf.run("decoder_fit", of("digits"))
    with pytest.raises(Incomparable, match="fitted on latents of"):
        other.run("read_decoder", {**of("shapes"), "path": str(path)})
    with pytest.raises(PartUnavailable, match="no decoder was fitted"):
        other.run("decoder_file", of("shapes"))


def test_a_fit_is_overtaken_by_urgent_work_and_can_be_cancelled(shelf: Shelf, ask: Any) -> None:
    jobs = ThreadJobs(shelf.run)
    begun = threading.Event()
    failed: list[Exception] = []
    ended = threading.Event()

    def tell(error: Exception) -> None:
        failed.append(error)
        ended.set()

    jobs.submit(
        "fit_decoder",
        slot=("s", "fit"),
        done=lambda fit: ended.set(),
        failed=tell,
        progress=lambda done, total: begun.set(),
        **{**of("two-rooms"), "steps": 100_000},
    )
    assert begun.wait(120)
    answer = ask(jobs, "decoder_fit", ("s", "other"), **of("digits"))
    assert answer.wait().bank == "digits bank"
    assert not ended.is_set(), "it goes on after it was overtaken"
    jobs.cancel(("s", "fit"))
    assert ended.wait(120)
    assert isinstance(failed[0], Cancelled)
    assert shelf.run("decoder_fit", of("two-rooms")).steps == 30, "the old one stays"
    jobs.close()
