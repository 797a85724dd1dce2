"""GGUF files of jepa.cpp: the numbers that their tensors give, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from torch import Tensor

from tests.families.official import GOLDEN, close
from tests.families.test_lewm import parts, some, vectors, video
from workbench.core.errors import CheckpointError
from workbench.families.load import inspect, load

FOLDER = GOLDEN / "gguf_jepa"


def arrays(path: Path) -> dict[str, Tensor]:
    return {k: torch.tensor(v) for k, v in np.load(path).items()}


@pytest.mark.parametrize(("kind", "tolerance"), [("f32", 3e-5), ("f16", 1e-4)])
def test_an_ijepa_of_jepa_cpp_gives_the_tokens_of_its_tensors_and_asks_nothing(kind: str, tolerance: float) -> None:
    jepa = load(FOLDER / f"ijepa-tiny-{kind}.gguf")
    assert (jepa.card.family, jepa.report.whole, jepa.masked) == ("ijepa", True, None)
    pixels = arrays(GOLDEN / "hf_ijepa" / "inputs.npz")["pixel_values"]
    tokens = jepa.encoder.encode(pixels[:, :, None], weights="context").tokens.flatten(1, 3)
    close(tokens, arrays(FOLDER / "expected.npz")[f"ijepa_{kind}_tokens"], tolerance)
    facts = {f.name: (f.value, f.origin) for f in jepa.report.facts}
    assert facts["heads"] == (4, "given")
    assert "stretched to 32×32 (bilinear, antialiased)" in jepa.card.preprocessing


@torch.inference_mode()
def test_a_lewm_of_jepa_cpp_gives_the_numbers_of_its_tensors_and_of_the_official_model() -> None:
    jepa = load(FOLDER / "lewm-tiny-f32.gguf")
    assert (jepa.card.family, jepa.report.whole) == ("lewm", True)
    encoder, dynamics = parts(jepa)
    given, expected, official = (arrays(p) for p in (GOLDEN / "lewm" / "inputs.npz", FOLDER / "expected.npz", GOLDEN / "lewm" / "expected.npz"))
    seen = dynamics.embed(video(given["pixels"]))
    close(encoder.net.vit(given["pixels"].flatten(0, 1)), expected["lewm_f32_encoder_tokens"].flatten(0, 1))
    close(vectors(seen), expected["lewm_f32_emb"])
    answers = vectors(dynamics.predict(some(seen, slice(0, 3)), given["action"][:, :3]))
    close(answers, expected["lewm_f32_pred_teacher_forced"])
    close(answers, official["pred_teacher_forced"], 1e-4)
    first = vectors(dynamics.predict(some(seen, slice(0, 1)), given["action"][:, :1]))
    close(first, expected["lewm_f32_pred_one_step_from_first"])
    assert not [f for f in jepa.report.facts if f.name == "training"]


def written(path: Path, *, architecture: str = "jepa", family: str = "ijepa", quantised: bool = False, **settings: float) -> Path:
    writer = GGUFWriter(path, architecture)
    writer.add_string("jepa.family", family)
    writer.add_uint32("jepa.enc.patch_size", 8)
    for name, value in settings.items():
        writer.add_float32(f"jepa.enc.{name}", value)
    values = np.zeros((32, 192), np.float32)
    if quantised:
        writer.add_tensor("enc.patch_embed.weight", quantize(values, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)
    else:
        writer.add_tensor("enc.patch_embed.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_other_architectures_families_and_types_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    for changed, words in (
        ({"architecture": "llama"}, "architecture 'llama'"),
        ({"family": "vjepa2_1"}, "family 'vjepa2_1'; read are ijepa and lewm"),
        ({"quantised": True}, "stored as Q8_0; read are F32 and F16"),
        ({"ln_eps": 1e-3}, "built otherwise than published"),
    ):
        with pytest.raises(CheckpointError, match=words):
            inspect(written(path, **changed))  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="no family fits"):
        inspect(written(path))


@pytest.mark.parametrize("cut", [8, 30, 200, 4000])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "cut.gguf").write_bytes((FOLDER / "ijepa-tiny-f32.gguf").read_bytes()[:cut])
    with pytest.raises(CheckpointError, match="damaged GGUF"):
        inspect(tmp_path / "cut.gguf")


def test_counts_that_no_file_could_hold_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    data = bytearray((FOLDER / "ijepa-tiny-f32.gguf").read_bytes())
    data[8:16] = (1 << 60).to_bytes(8, "little")
    (tmp_path / "many.gguf").write_bytes(data)
    with pytest.raises(CheckpointError, match="1152921504606846976 tensors"):
        inspect(tmp_path / "many.gguf")
