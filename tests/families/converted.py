"""A small DINO-WM as a conversion of its pickled file would give it, from the tensors of a fixture."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.families.official import GOLDEN
from workbench.families.load import load
from workbench.model import Jepa
from workbench.nn.conv_decoder import ConvDecoder, ConvDecoderConfig

FIXTURE = GOLDEN / "jepa_wms_dinowm"
DINO = FIXTURE / "dinov2_tiny14_pretrain.pth"
HEADS = {"heads": 2, "predictor_heads": 2}
HYDRA = "img_size: 48\nframeskip: 5\nnum_hist: 4\nnormalize_action: true\nenv: {name: pusht}\nmodel: {image_size: '${img_size}'}\n"


def tensors() -> dict[str, Tensor]:
    """The fixture's, named as a conversion names them, and a small decoder."""
    stored = torch.load(FIXTURE / "jepa-latest.pth.tar", weights_only=True)
    groups = ("predictor", "action_encoder", "proprio_encoder")
    found = {f"{g}.{n.removeprefix('module.')}": t for g in groups for n, t in stored[g].items() if not re.search(r"layers\.\d+\.0\.bias$", n)}
    torch.manual_seed(0)
    drawing = ConvDecoder(ConvDecoderConfig(24, 8, 2, 4)).state_dict()
    codes = {"quantize_b.embed": torch.zeros(24, 8), "quantize_b.cluster_size": torch.zeros(8), "quantize_b.embed_avg": torch.zeros(24, 8)}
    return found | {f"decoder.{n}": t.contiguous() for n, t in (drawing | codes).items()}


def write(folder: Path, hydra: str = HYDRA, **more: Tensor) -> Path:
    run = folder / "checkpoints"
    run.mkdir(parents=True)
    save_file(tensors() | more, run / "model_latest.safetensors", metadata={"epoch": "100"})
    if hydra:
        (folder / "hydra.yaml").write_text(hydra)
    return run / "model_latest.safetensors"


def build() -> Jepa:
    """Loaded, from a file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return load(write(Path(folder) / "run"), encoder=DINO, **HEADS)
