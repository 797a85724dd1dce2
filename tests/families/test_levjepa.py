"""LeVJEPA's video encoder against a re-implementation and a second computation that agreed; its official code was not read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.families.official import GOLDEN, close
from workbench.core.errors import AmbiguousModel, CheckpointError, PartUnavailable
from workbench.families.load import inspect, load
from workbench.model import Jepa
from workbench.nn.levjepa import LevjepaEncoder

FOLDER = GOLDEN / "levjepa"


def arrays(name: str) -> dict[str, Tensor]:
    return {k: torch.tensor(v) for k, v in np.load(FOLDER / f"{name}.npz").items()}


def copied(folder: Path, **said: object) -> Path:
    """The golden folder with another config.json; None takes an entry out."""
    shutil.copy(FOLDER / "model.safetensors", folder)
    config = json.loads((FOLDER / "config.json").read_text()) | said
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return folder


def feature(jepa: Jepa, video: Tensor) -> Tensor:
    assert isinstance(jepa.encoder, LevjepaEncoder)
    return jepa.encoder.feature(video)


def tokens(jepa: Jepa, video: Tensor) -> Tensor:
    return jepa.encoder.encode(video, weights="context").tokens.flatten(1, 3)


def test_the_golden_numbers_are_met_patch_by_patch_and_by_the_class_token() -> None:
    jepa, video, expected = load(FOLDER), arrays("inputs")["pixel_values"], arrays("expected")
    assert (jepa.card.family, jepa.report.whole, jepa.card.frames, jepa.card.image_size) == ("levjepa", True, 4, (32, 32))
    close(tokens(jepa, video), expected["last_hidden_state"][:, 1:])
    close(feature(jepa, video), expected["cls"])
    close(feature(jepa, video[:, :, :1]), expected["still_image_cls"])


def test_full_attention_is_taken_from_the_json_and_from_the_caller(tmp_path: Path) -> None:
    video, expected = arrays("inputs")["pixel_values"], arrays("expected")["full_attention_last_hidden_state"]
    for jepa in (load(copied(tmp_path, attn_mode="full")), load(FOLDER, attention="full")):
        close(tokens(jepa, video), expected[:, 1:])
        close(feature(jepa, video), expected[:, 0])


def test_a_patch_sees_no_later_frame_and_the_class_token_sees_all() -> None:
    jepa, video = load(FOLDER), arrays("inputs")["pixel_values"]
    later = video.clone()
    later[:, :, 3] += 1
    a, b = (jepa.encoder.encode(v, weights="context").tokens for v in (video, later))
    assert torch.equal(a[:, :3], b[:, :3])
    assert (a[:, 3] - b[:, 3]).abs().max() > 0.01
    assert (feature(jepa, video) - feature(jepa, later)).abs().max() > 1e-3


def test_what_rests_on_other_implementations_is_assumed_and_there_is_no_predictor() -> None:
    jepa = load(FOLDER)
    facts = {f.name: f.origin for f in jepa.report.facts}
    assert [facts[n] for n in ("heads", "frames", "image_size", "attention")] == ["given"] * 4
    assert [facts[n] for n in ("positions", "layer_norm_eps", "mean", "resample")] == ["assumed"] * 4
    assert "bicubic" in jepa.card.preprocessing
    assert "was not read" in jepa.card.notes
    with pytest.raises(PartUnavailable):
        jepa.need_masked()


def test_it_is_never_taken_for_a_vjepa2_also_behind_a_wrapper_or_bare(tmp_path: Path) -> None:
    state = load_file(FOLDER / "model.safetensors")
    for prefix in ("", "module.encoder.", "model.encoder."):
        save_file({n.replace("encoder.", prefix, 1): t for n, t in state.items()}, tmp_path / "model.safetensors")
        with pytest.raises(AmbiguousModel, match="say heads and frames and image_size"):
            inspect(tmp_path)
        assert load(tmp_path, heads=3, frames=4, image_size=32).card.hashes == load(FOLDER).card.hashes


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"use_rope": False}, "use_rope is False"),
        ({"attn_mode": "windowed"}, "attn_mode"),
        ({"num_heads": 5}, "cannot be cut into 5 heads"),
        ({"img_size": 33}, "multiples"),
    ],
)
def test_another_network_and_wrong_sizes_are_refused(said: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=words):
        load(copied(tmp_path, **said))
