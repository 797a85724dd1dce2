"""Decoders in a worker: fitted as long work, kept by their question, saved, opened, and drawn beside the nearest real frames."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, FileKey, ModelKey
from workbench.core.errors import Cancelled, Incomparable, PartUnavailable
from workbench.core.questions.decoding import FITTED, DecodeClip, DecoderFile, DecoderPrior, FitDecoder, OpenDecoder
from workbench.masks import sample_mask
from workbench.measures.decoding import decode_clip
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow


def of(name: str) -> tuple[ModelKey, BankKey]:
    found = samples.find(name)
    return ModelKey(str(found.checkpoint)), BankKey(str(found.bank))


def clip(name: str, index: int) -> ClipKey:
    return ClipKey(str(samples.find(name).bank), index)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """With decoders that were hardly fitted: what they draw means little, whose they are and what they say must hold."""
    made = Shelf()
    for name in ("digits", "two-rooms"):
        made.answer(FitDecoder(*of(name), 30))
    return made


def test_a_decoder_is_kept_by_the_question_that_fitted_it_and_the_model_stays_as_it_is(shelf: Shelf) -> None:
    fit = shelf.fit(FitDecoder(*of("digits"), 30)).fit
    assert codec.loads(codec.dumps(fit)) == fit
    assert fit.bank == "digits bank"
    for other in (FitDecoder(*of("digits"), 31), FitDecoder(*of("shapes"), 30), FitDecoder(of("digits")[0], of("shapes")[1], 30)):
        with pytest.raises(PartUnavailable, match="not done yet"):
            shelf.fit(other)
    jepa = shelf.model(of("digits")[0])
    assert jepa.decoder is None
    assert "decoder" not in {p.name for p in jepa.report.parts if p.matched}


def test_one_clip_is_drawn_in_every_way_and_from_predicted_tokens_too(shelf: Shelf) -> None:
    model, bank = of("digits")
    grid = shelf.model(model).encoder.prepare([shelf.clip(clip("digits", 4))]).grid
    mask = sample_mask("ijepa_multiblock", grid.shape, seed=0, min_keep=4)
    found = codec.loads(codec.dumps(shelf.answer(DecodeClip(model, clip("digits", 4), bank, mask, FitDecoder(model, bank, 30)))))
    assert [r.label for r in found.reels] == ["real", "nearest real frame", "nearest real patches", "decoder", "from predicted tokens"]
    assert [FITTED in r.note for r in found.reels] == [False, False, False, True, True]
    assert "retrieved from digits bank" in found.reels[1].note
    assert found.distance.shape == (1,)
    assert not np.array_equal(found.reels[1].pixels, found.reels[0].pixels), "a clip is not answered with itself"
    assert not np.array_equal(found.reels[3].pixels, found.reels[4].pixels)
    shapes, bank = of("shapes")
    without = shelf.answer(DecodeClip(shapes, clip("shapes", 0), bank))
    assert [r.label for r in without.reels] == ["real", "nearest real frame", "nearest real patches"]
    assert (without.decoded, without.fit) == (False, None)
    alone = shelf.answer(DecodeClip(shapes, clip("shapes", 0)))
    assert [r.label for r in alone.reels] == ["real"]
    assert (alone.bank, alone.fit, len(alone.distance)) == ("", None, 0)


def test_what_is_predicted_does_not_see_what_is_hidden(shelf: Shelf) -> None:
    """Nothing leaks into the picture of predicted tokens, and not into what is drawn around them."""
    model, bank = of("digits")
    jepa, real = shelf.model(model), shelf.clip(clip("digits", 4))
    grid = jepa.encoder.prepare([real]).grid
    mask = sample_mask("ijepa_multiblock", grid.shape, seed=0, min_keep=4)
    hidden = np.kron(~mask.context[0], np.ones(grid.patch, bool))
    pixels = real.pixels.copy()
    pixels[:, hidden] = 255 - pixels[:, hidden]
    decoder = shelf.fit(FitDecoder(model, bank, 30))
    one, other = (decode_clip(jepa, c, shelf.bank(bank), mask=mask, decoder=decoder).reels[4].pixels for c in (real, type(real)(pixels)))
    np.testing.assert_array_equal(one, other)


def test_what_is_drawn_for_nothing_says_by_what_and_the_untrained_model_is_not_drawn_by_the_decoder(shelf: Shelf) -> None:
    model, bank = of("two-rooms")
    decoder = FitDecoder(model, bank, 30)
    assert {r.note for r in shelf.answer(DecoderPrior(model, bank, decoder=decoder)).reels} == {FITTED}
    untrained = shelf.answer(DecoderPrior(model, bank, decoder=decoder, weights="untrained"))
    assert all("retrieved from" in r.note for r in untrained.reels)


def test_a_decoder_goes_to_a_file_and_comes_back_to_its_own_model(shelf: Shelf, tmp_path: Path) -> None:
    (model, bank), other, path = of("digits"), Shelf(), tmp_path / "digits.safetensors"
    fitted = FitDecoder(model, bank, 30)
    path.write_bytes(shelf.answer(DecoderFile(fitted)).data.tobytes())
    assert other.answer(OpenDecoder(model, FileKey(str(path)), bank)) == shelf.fit(fitted).fit
    with pytest.raises(Incomparable, match="fitted on latents of"):
        other.answer(OpenDecoder(of("shapes")[0], FileKey(str(path)), of("shapes")[1]))
    with pytest.raises(PartUnavailable, match="not done yet"):
        other.answer(DecoderFile(fitted))


def test_a_fit_is_overtaken_by_urgent_work_and_can_be_cancelled(shelf: Shelf, ask: Any) -> None:
    jobs = ThreadJobs(shelf.answer)
    begun = threading.Event()
    failed: list[Exception] = []
    ended = threading.Event()

    def tell(error: Exception) -> None:
        failed.append(error)
        ended.set()

    progress = {"slot": ("s", "fit"), "progress": lambda done, total: begun.set()}
    jobs.ask(FitDecoder(*of("two-rooms"), 100_000), done=lambda fit: ended.set(), failed=tell, **progress)
    assert begun.wait(120)
    assert ask(jobs, DecodeClip, ("s", "other"), model=of("digits")[0], clip=clip("digits", 0)).wait().reels
    assert not ended.is_set(), "it goes on after it was overtaken"
    jobs.cancel(("s", "fit"))
    assert ended.wait(120)
    assert isinstance(failed[0], Cancelled)
    assert shelf.fit(FitDecoder(*of("two-rooms"), 30)).fit.steps == 30, "the old one stays"
    jobs.close()
