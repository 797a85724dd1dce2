"""What the processor's json beside a Transformers model makes of a clip, and what is said where it is not as trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.families.official import GOLDEN
from workbench.core.clip import Clip
from workbench.core.errors import CheckpointError
from workbench.families.load import load
from workbench.model import Jepa

IMAGE, VIDEO = GOLDEN / "hf_ijepa", GOLDEN / "hf_vjepa2"


def processed(source: Path, folder: Path, name: str = "preprocessor_config.json", **said: Any) -> Path:
    """A copy of a fixture with this processor alone."""
    for file in ("config.json", "model.safetensors"):
        shutil.copy(source / file, folder / file)
    (folder / name).write_text(json.dumps(said))
    return folder


def named(jepa: Jepa) -> dict[str, Any]:
    return {f.name: f.value for f in jepa.report.facts}


def shown(jepa: Jepa, height: int, width: int) -> tuple[float, ...]:
    """The source box that the prepared frame covers."""
    frames = jepa.card.frames
    grid = jepa.encoder.prepare([Clip(np.zeros((frames, height, width, 3), np.uint8), fps=4.0 if frames > 1 else None)]).grid
    return (*grid.source_box(0)[:2], *grid.source_box(grid.tokens - 1)[2:])


def test_a_height_and_width_stretch_the_whole_picture() -> None:
    jepa = load(IMAGE)
    assert shown(jepa, 64, 128) == (0, 0, 64, 128)
    assert "stretched to 32×32 (bilinear, antialiased)" in jepa.card.preprocessing


def test_a_shortest_edge_and_a_crop_keep_the_middle(tmp_path: Path) -> None:
    assert shown(load(VIDEO), 72, 72) == pytest.approx((4, 4, 68, 68))
    said = {"do_center_crop": True, "crop_size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3}
    folder = processed(IMAGE, tmp_path, size={"shortest_edge": 64}, **said)
    assert shown(load(folder), 64, 128) == (16, 48, 48, 80)
    assert "resized to cover 64×64 (bicubic, antialiased)" in load(folder).card.preprocessing
    assert shown(load(folder, image_size=48), 96, 96) == pytest.approx((24, 24, 72, 72))


def test_a_mean_that_is_not_imagenets_is_taken_and_warned_of(tmp_path: Path) -> None:
    said = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
    jepa = load(processed(IMAGE, tmp_path, **said, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5]))
    assert named(jepa)["mean"] == (0.5, 0.5, 0.5)
    warning = next(f for f in jepa.report.facts if f.name == "normalisation")
    assert (warning.value, warning.origin) == ("not as trained", "assumed")
    assert "mean=(0.485, 0.456, 0.406) std=(0.229, 0.224, 0.225)" in warning.why
    assert "mean (0.5, 0.5, 0.5), deviation (0.5, 0.5, 0.5)" in jepa.card.preprocessing
    assert "not normalised as in training" in jepa.card.notes
    white = jepa.encoder.prepare([Clip(np.full((1, 40, 40, 3), 255, np.uint8))])
    assert white.video.unique().tolist() == [1.0]
    mended = load(tmp_path, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert "normalisation" not in named(mended)
    assert "normalisation" not in named(load(tmp_path, mean=(0.4, 0.4, 0.4))), "who gives another knows it"


def test_what_a_processors_json_leaves_out_is_its_classs_default(tmp_path: Path) -> None:
    image = load(processed(IMAGE, tmp_path, image_processor_type="ViTImageProcessorFast"))
    assert (named(image)["mean"], named(image)["resize"]) == ((0.5, 0.5, 0.5), "stretch")
    assert named(image)["processor size"] == (224, 224)
    (tmp_path / "preprocessor_config.json").unlink()
    video = {"video_processor": {"video_processor_type": "VJEPA2VideoProcessor", "size": {"shortest_edge": 999}, "crop_size": 32}}
    both = {"image_processor": {"image_processor_type": "ViTImageProcessor"}, **video}
    jepa = load(processed(VIDEO, tmp_path, "processor_config.json", **both))
    assert (named(jepa)["mean"], named(jepa)["resize"]) == ((0.485, 0.456, 0.406), "crop")
    assert "resized to cover 36×36" in jepa.card.preprocessing, "the class replaces the size that its json says"


def test_without_a_json_clips_are_prepared_as_in_training(tmp_path: Path) -> None:
    processed(IMAGE, tmp_path)
    (tmp_path / "preprocessor_config.json").unlink()
    jepa = load(tmp_path)
    mean = next(f for f in jepa.report.facts if f.name == "mean")
    assert (mean.origin, mean.value) == ("assumed", (0.485, 0.456, 0.406))
    assert named(jepa)["resize"] == "crop"


def test_another_scale_and_no_normalisation_are_kept(tmp_path: Path) -> None:
    jepa = load(processed(IMAGE, tmp_path, do_normalize=False, size=32, rescale_factor=1 / 127.5))
    white = jepa.encoder.prepare([Clip(np.full((1, 40, 40, 3), 255, np.uint8))]).video
    assert white.unique().tolist() == pytest.approx([2.0])
    jepa = load(processed(IMAGE, tmp_path, do_normalize=False, do_rescale=False, size=32))
    assert jepa.encoder.prepare([Clip(np.full((1, 40, 40, 3), 255, np.uint8))]).video.unique().tolist() == pytest.approx([255.0])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"resample": 0}, "resample 0 is none of 2"),
        ({"image_mean": [0.5]}, "3 numbers are needed, for red, green and blue, not 1"),
        ({"image_mean": None}, "3 numbers are needed"),
        ({"image_std": [0, 0, 0]}, "each must be above 0"),
        ({"size": {"shortest_edge": 36}}, "a shortest_edge without a crop"),
        ({"size": {"height": 40, "width": 40}, "do_center_crop": True, "crop_size": 32}, "and then cropped"),
        ({"size": {"height": "tall", "width": 3}}, "do not fit"),
        ({"rescale_factor": "none"}, "do not fit"),
        ({"rescale_factor": False}, "are no colours"),
        ({"rescale_factor": float("nan")}, "are no colours"),
        ({"rescale_factor": 1 / 600}, "divide numbers for 0 to 255 by 255"),
        ({"size": {"height": float("inf"), "width": 3}}, "do not fit"),
    ],
)
def test_what_a_processor_asks_that_cannot_be_done_is_refused(tmp_path: Path, said: dict, words: str) -> None:
    usual = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": 32, "width": 32}}
    with pytest.raises(CheckpointError, match=words) as caught:
        load(processed(IMAGE, tmp_path, **{**usual, **said}))
    assert caught.value.where.endswith("preprocessor_config.json")
    (tmp_path / "preprocessor_config.json").write_text("{broken")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path)
