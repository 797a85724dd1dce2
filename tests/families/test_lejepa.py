"""LeJEPA's backbones against a slow forward written from formulas, in every layout that is read.

No LeJEPA weights were published and no fixture holds one. The DINOv2 encoder of jepa_wms_adaln, which has the same blocks,
ties the tokens to official numbers, and so does timm itself in test_lejepa_vectors.py; the projector rests on the formulas alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.families.official import GOLDEN, close
from tests.families.timm_state import DIM, HEADS, SIDE, mlp_state, slow_mlp, slow_pooled, slow_tokens, timm_state, under
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, PartUnavailable
from workbench.families.lejepa import LejepaEncoder
from workbench.families.load import inspect, load
from workbench.model import Jepa

DINO = GOLDEN / "jepa_wms_adaln" / "dinov2_tiny14_pretrain.pth"
KINDS = {
    "timm": {},
    "timm with head": {"head": 5},
    "no class token, fc_norm": {"class_token": False, "placed": 0, "norm": "fc_norm", "head": 5},
    "fc_norm": {"norm": "fc_norm"},
    "registers without positions": {"registers": 4, "placed": 0},
    "registers with positions": {"registers": 3, "placed": 4, "layer_scale": True},
    "registers, only the class token placed": {"registers": 3, "placed": 1},
    "registers alone": {"registers": 2, "class_token": False, "placed": 0},
    "no last norm": {"norm": ""},
}


def images(height: int = 16, width: int = 16) -> Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def opened(folder: Path, content: dict, name: str = "net.pt", **overrides: object) -> tuple[Jepa, LejepaEncoder]:
    torch.save(content, folder / name)
    jepa = load(folder / name, **{"heads": HEADS, **overrides})
    assert isinstance(jepa.encoder, LejepaEncoder)
    return jepa, jepa.encoder


def agree(encoder: LejepaEncoder, state: dict[str, Tensor], frames: Tensor) -> None:
    """Grid, class and register tokens of every block, and after the last norm."""
    beside = sum(state[n].shape[1] for n in ("cls_token", "reg_token") if n in state)
    for layer, wanted in zip((*range(encoder.layers), None), slow_tokens(state, frames), strict=True):
        ours = encoder.encode(frames[:, :, None], weights="context", layer=layer)
        close(ours.tokens.flatten(1, 3), wanted[:, beside:])
        assert (ours.extra is None) == (beside == 0)
        if ours.extra is not None:
            close(ours.extra[:, 0], wanted[:, :beside])


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_and_pooled_vectors_are_what_the_formulas_give(tmp_path: Path, kind: str) -> None:
    state = timm_state(**KINDS[kind])
    # An encoder without class token is I-JEPA's but for registers and fc_norm; the formulas hold for it all the same.
    jepa, encoder = opened(tmp_path, state)
    assert jepa.report.whole
    assert jepa.card.image_size == (16, 16)
    agree(encoder, state, images())
    close(encoder.projected(images()[:, :, None])[:, 0], slow_pooled(state, images()))


def test_a_file_of_the_minimal_script_has_its_projector(tmp_path: Path) -> None:
    backbone, proj = timm_state(head=12), mlp_state(12, 20, 20, 6)
    net = under("backbone.", backbone) | under("proj.", proj)
    jepa, encoder = opened(tmp_path, {"net": net, "epoch": 7})
    assert jepa.report.whole
    assert {n for n, _ in jepa.report.parts[0].ignored} == {"projector.1.num_batches_tracked", "projector.5.num_batches_tracked"}
    agree(encoder, backbone, images())
    close(encoder.projected(images()[:, :, None])[:, 0], slow_mlp(proj, slow_pooled(backbone, images())))


def test_a_lightning_file_opens_without_its_hyper_parameters(tmp_path: Path) -> None:
    backbone, lead, mlp = timm_state(), {"0.weight": torch.randn(10, DIM), "0.bias": torch.randn(10)}, mlp_state(10, 20, 20, 6)
    model = under("backbone.", backbone) | under("projector.", lead | under("1.", mlp)) | {"sigreg.global_step": torch.tensor(3)}
    probe = {"callbacks_modules.probe.weight": torch.zeros(5, DIM)}
    content = {
        "state_dict": under("model.", model) | probe,
        "epoch": 4,
        "pytorch-lightning_version": "2.5.0",
        "hyper_parameters": {"lr": 2e-3, "name": "vit_tiny"},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
    }
    jepa, encoder = opened(tmp_path, content, "last.ckpt")
    assert jepa.report.whole
    for words in ("sigreg: 1 tensors", "callbacks_modules: 1 tensors", "optimizer_states: 1 tensors", "hyper_parameters, loops"):
        assert any(words in o for o in jepa.report.other)
    agree(encoder, backbone, images())
    pooled = slow_pooled(backbone, images()) @ lead["0.weight"].T + lead["0.bias"]
    close(encoder.projected(images()[:, :, None])[:, 0], slow_mlp(mlp, pooled))


def test_a_projector_of_another_build_is_left_out_and_said(tmp_path: Path) -> None:
    strange = {"0.weight": torch.randn(9, DIM), "2.weight": torch.randn(4, 9)}
    jepa, encoder = opened(tmp_path, under("backbone.", timm_state()) | under("projector.", strange))
    assert jepa.report.whole
    assert "activations" in dict(jepa.report.parts[0].ignored)["projector.2.weight"]
    close(encoder.projected(images()[:, :, None])[:, 0], slow_pooled(timm_state(), images()))


@pytest.mark.parametrize("size", [(24, 24), (8, 8), (12, 28)])
def test_other_sizes_resize_the_positions_as_timm_and_say_so(tmp_path: Path, size: tuple[int, int]) -> None:
    state = timm_state(registers=3, placed=4)
    jepa, encoder = opened(tmp_path, state, image_size=size)
    agree(encoder, state, images(*size))
    fact = next(f for f in jepa.report.facts if f.name == "position table")
    assert (fact.value, fact.origin) == ("resized from 4×4", "assumed")
    assert jepa.encoder.prepare([Clip(np.zeros((1, 40, 50, 3), np.uint8))]).grid.size == size


def test_patches_that_are_hidden_are_never_looked_at(tmp_path: Path) -> None:
    _, encoder = opened(tmp_path, timm_state(registers=2, placed=0))
    visible = torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1)) > 0.5
    frames = images()[:, :, None]
    pixels = visible.repeat_interleave(4, 2).repeat_interleave(4, 3)[:, None]
    seen, blind = (encoder.encode(f, weights="context", visible=visible) for f in (frames, frames.masked_fill(~pixels, torch.nan)))
    torch.testing.assert_close(seen.tokens, blind.tokens, rtol=0, atol=0, equal_nan=True)
    assert seen.extra is not None
    assert blind.extra is not None
    assert torch.equal(seen.extra, blind.extra)
    assert torch.equal(seen.tokens.isfinite().all(-1), visible)


def sized(dim: int, depth: int, hidden: int, patch: int, places: int) -> dict[str, Tensor]:
    """Names and shapes of a published size, with no values behind them."""
    shapes = {"cls_token": (1, 1, dim), "pos_embed": (1, places, dim), "patch_embed.proj.weight": (dim, 3, patch, patch), "norm.weight": (dim,)}
    for i in range(depth):
        shapes |= {f"blocks.{i}.attn.qkv.weight": (3 * dim, dim), f"blocks.{i}.mlp.fc1.weight": (hidden, dim)}
    return {name: torch.zeros(1).expand(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("shape", "heads", "size"),
    [((192, 12, 768, 16, 197), 3, 224), ((384, 12, 1536, 8, 257), 6, 128), ((768, 12, 3072, 16, 197), 12, 224), ((1024, 24, 4096, 14, 257), 16, 224)],
)
def test_heads_and_size_of_published_shapes_are_inferred(tmp_path: Path, shape: tuple, heads: int, size: int) -> None:
    torch.save(sized(*shape), tmp_path / "vit.pt")
    facts = {f.name: f for f in inspect(tmp_path).facts}
    assert (facts["heads"].value, facts["heads"].origin) == (heads, "inferred")
    assert facts["image_size"].value == (size, size)
    assert facts["training"].origin == "assumed"


def test_heads_that_nobody_tells_are_asked_for(tmp_path: Path) -> None:
    torch.save(timm_state(), tmp_path / "net.pt")
    with pytest.raises(AmbiguousModel, match="say heads") as caught:
        inspect(tmp_path)
    assert "give heads=" in caught.value.fix


def test_a_table_that_is_no_square_is_asked_for(tmp_path: Path) -> None:
    state = timm_state()
    state["pos_embed"] = torch.randn(1, 1 + 3 * 6, DIM)
    torch.save(state, tmp_path / "net.pt")
    with pytest.raises(AmbiguousModel, match=r"say table") as caught:
        inspect(tmp_path, heads=HEADS)
    assert "table=(rows, cols)" in caught.value.fix
    assert load(tmp_path, heads=HEADS, table=(3, 6)).card.image_size == (12, 24)
    with pytest.raises(BadInput, match="19 rows are not 3×4"):
        inspect(tmp_path, heads=HEADS, table=(3, 4))


def test_a_dinov2_encoder_alone_is_described_and_opens_when_asked_for() -> None:
    with pytest.raises(AmbiguousModel, match="DINOv2 encoder alone, which is no JEPA") as caught:
        load(DINO)
    assert "encoder= of a jepa-wms model" in caught.value.fix
    assert "family='lejepa'" in caught.value.fix
    jepa = load(DINO, family="lejepa", heads=2, image_size=42)
    assert jepa.report.whole
    assert "backbone.mask_token" in dict(jepa.report.parts[0].ignored)
    given, expected = (dict(np.load(DINO.parent / f"{name}.npz")) for name in ("inputs", "expected"))
    frames = torch.tensor(given["visual"]).flatten(0, 1)[:, :, None]
    close(jepa.encoder.encode(frames, weights="context").tokens[:, 0], torch.tensor(expected["visual_features"]).flatten(0, 2))


def test_a_file_with_two_image_transformers_is_refused(tmp_path: Path) -> None:
    torch.save(under("student.backbone.", timm_state()) | under("teacher.backbone.", timm_state()), tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match="no family fits"):
        inspect(tmp_path)
    with pytest.raises(CheckpointError, match=r"2 image transformers lie in it: student.backbone., teacher.backbone."):
        inspect(tmp_path, family="lejepa", heads=HEADS)


def test_tensors_that_are_missing_or_of_another_kind_make_the_part_partial(tmp_path: Path) -> None:
    state = timm_state()
    del state["blocks.1.mlp.fc2.bias"]
    state["blocks.0.attn.q_norm.weight"] = torch.ones(8)
    jepa, _ = opened(tmp_path, state)
    part = jepa.report.part("encoder_context")
    assert part.missing == ("backbone.blocks.1.mlp.fc2.bias",)
    assert part.unexpected == ("backbone.blocks.0.attn.q_norm.weight",)
    with pytest.raises(PartUnavailable, match="partial"):
        jepa.report.require("encoder_context")


def test_an_image_model_refuses_several_frames(tmp_path: Path) -> None:
    jepa, _ = opened(tmp_path, timm_state())
    with pytest.raises(BadInput, match="looks at one image"):
        jepa.encoder.prepare([Clip(np.zeros((3, 16, 16, 3), np.uint8))])


def test_the_target_encoder_does_not_exist(tmp_path: Path) -> None:
    jepa, _ = opened(tmp_path, timm_state())
    assert jepa.encoder.weights == ("context",)
    with pytest.raises(PartUnavailable, match="no target encoder"):
        jepa.encoder.encode(images()[:, :, None])
    assert jepa.masked is None
    assert jepa.dynamics is None
