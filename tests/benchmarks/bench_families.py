"""Encoders of every family at their published sizes, ours beside Transformers' where it has one: the same random weights, in one process, turn by turn.

    python tests/benchmarks/bench_families.py [--only vjepa2_vitl …] [--frames 8] [--rounds 3]

families.NAME    one image, or one clip of `--frames` frames, at the resolution of that checkpoint; seconds of ours, and ours ÷ theirs where both exist,
                 with the largest difference between the two answers. What does not fit into memory is said to be skipped.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import _common as common
import torch
from torch import Tensor, nn

from workbench.families.sizes import SIZES
from workbench.nn.class_vit import ClassVit, ClassVitConfig
from workbench.nn.levels import LevelsConfig
from workbench.nn.vit import Vit, VitConfig

_SPARE = 1.6  # times the weights: activations and the one large product at a time
_SIZES = {s.name.removeprefix("vit_"): s for s in SIZES}
Renamed = tuple[tuple[str, str], ...]
_ATTENTION: Renamed = (
    ("attn.proj.", "attention.o_proj."),
    ("attn.q.", "attention.q_proj."),
    ("attn.k.", "attention.k_proj."),
    ("attn.v.", "attention.v_proj."),
)
_STILL: Renamed = (
    ("patch_embed.proj.", "embeddings.patch_embeddings.projection."),
    ("pos_embed", "embeddings.position_embeddings"),
    ("cls_token", "embeddings.cls_token"),
)
_VIT: Renamed = (*_STILL, ("blocks.", "layers."), ("norm1.", "layernorm_before."), ("norm2.", "layernorm_after."), *_ATTENTION)
_DINO: Renamed = (*_STILL, ("blocks.", "encoder.layer."), ("ls1.gamma", "layer_scale1.lambda1"), ("ls2.gamma", "layer_scale2.lambda1"), *_ATTENTION)
_FILM: Renamed = (
    ("patch_embed.proj.", "encoder.embeddings.patch_embeddings.proj."),
    ("blocks.", "encoder.layer."),
    ("attn.q.", "attention.query."),
    ("attn.k.", "attention.key."),
    ("attn.v.", "attention.value."),
    ("attn.proj.", "attention.proj."),
)


@dataclass(frozen=True)
class Case:
    """One published encoder.

    Args:
        make: builds ours, empty. side: pixels. film: it takes clips. theirs: builds Transformers' model; None: it has none.
        names: ours -> theirs. last: the name of the last norm in theirs.
    """

    make: Callable[[], nn.Module]
    side: int
    film: bool = False
    theirs: Callable[[], nn.Module] | None = None
    names: Renamed = ()
    last: str = "layernorm."


def _plain(size: str, **more: Any) -> VitConfig:
    s = _SIZES[size]
    return VitConfig(s.dim, s.depth, s.heads, s.hidden, **more)


def _theirs(kind: str, size: str, **more: Any) -> Callable[[], nn.Module]:
    """Transformers' model of that kind and size."""

    def build() -> nn.Module:
        import transformers

        s = _SIZES[size]
        config = {"hidden_size": s.dim, "num_hidden_layers": s.depth, "num_attention_heads": s.heads, "attn_implementation": "sdpa", **more}
        if kind == "VJEPA2":
            config |= {"mlp_ratio": s.hidden / s.dim, "pred_num_hidden_layers": 0}
        elif kind != "Dinov2":
            config["intermediate_size"] = s.hidden
        made = getattr(transformers, f"{kind}Config")(**config)
        bare = {"add_pooling_layer": False} if kind in ("ViT", "IJepa") else {}
        return getattr(transformers, f"{kind}Model")(made, **bare)

    return build


def _ijepa(size: str, patch: int, side: int) -> Case:
    config = _plain(size, patch=patch, table=(side // patch, side // patch))
    return Case(lambda: Vit(config), side, False, _theirs("IJepa", size, patch_size=patch, image_size=side, layer_norm_eps=1e-6), _VIT)


def _vjepa2(size: str, side: int) -> Case:
    config = _plain(size, patch=16, tubelet=2)
    return Case(lambda: Vit(config), side, True, _theirs("VJEPA2", size, crop_size=side), _FILM, "encoder.layernorm.")


def _vjepa(size: str, side: int) -> Case:
    config = _plain(size, patch=16, tubelet=2, table=(8, side // 16, side // 16))
    return Case(lambda: Vit(config), side, True)


def _vjepa2_1(dim: int, depth: int, heads: int, hidden: int) -> Case:
    config = LevelsConfig(dim, depth, heads, hidden, 16, 2, taps=tuple((i + 1) * depth // 4 - 1 for i in range(4)))
    return Case(config.make, 384, True)


def _stills(size: str, side: int, kind: str, **more: Any) -> Case:
    s = _SIZES[size]
    scaled = kind == "Dinov2"
    config = ClassVitConfig(s.dim, s.depth, s.heads, s.hidden, 14, (side // 14, side // 14), layer_scale=scaled, **more)
    theirs = _theirs(kind, size, patch_size=14, image_size=side, layer_norm_eps=config.eps)
    return Case(lambda: ClassVit(config), side, False, theirs, _DINO if scaled else _VIT)


CASES: Mapping[str, Case] = {
    "lewm_vit_tiny": _stills("tiny", 224, "ViT", eps=1e-12),
    "dinov2_vits14": _stills("small", 224, "Dinov2", resize="dinov2"),
    "ijepa_vith14": _ijepa("huge", 14, 224),
    "ijepa_vith16_448": _ijepa("huge", 16, 448),
    "ijepa_vitg16": _ijepa("giant", 16, 224),
    "vjepa_vitl16": _vjepa("large", 224),
    "vjepa_vith16": _vjepa("huge", 224),
    "vjepa2_vitl": _vjepa2("large", 256),
    "vjepa2_vith": _vjepa2("huge", 256),
    "vjepa2_vitg": _vjepa2("giant_xformers", 256),
    "vjepa2_vitg_384": _vjepa2("giant_xformers", 384),
    "vjepa2_1_vitb": _vjepa2_1(768, 12, 12, 3072),
    "vjepa2_1_vitl": _vjepa2_1(1024, 24, 16, 4096),
    "vjepa2_1_vitg": _vjepa2_1(1408, 40, 22, 6144),
    "vjepa2_1_vitG": _vjepa2_1(1664, 48, 26, 8192),
}


def their_weights(ours: nn.Module, case: Case) -> dict[str, Tensor]:
    """Our weights under Transformers' names, without a copy: queries, keys and values are views."""
    found: dict[str, Tensor] = {}
    for name, tensor in ours.state_dict().items():
        parts = dict(zip("qkv", tensor.chunk(3), strict=True)) if ".qkv." in name else {"": tensor}
        for part, value in parts.items():
            new = name.replace(".qkv.", f".{part}.")
            new = case.last + new.removeprefix("norm.") if new.startswith("norm.") else new
            for old, other in case.names:
                new = new.replace(old, other)
            found[new] = value
    return found


def dress(ours: nn.Module, case: Case) -> nn.Module:
    """Transformers' model with our weights in it: the memory of one serves both."""
    assert case.theirs is not None
    with torch.device("meta"):
        theirs = case.theirs()
    state = their_weights(ours, case)
    missing = [n for n in theirs.state_dict() if n not in state]
    rest = [n for n in missing if not n.startswith("predictor.") and "mask_token" not in n]
    if rest or any(n not in theirs.state_dict() for n in state):
        raise SystemExit(f"the names do not fit: {rest or [n for n in state if n not in theirs.state_dict()]}")
    theirs.load_state_dict(state, strict=False, assign=True)
    return theirs.eval().requires_grad_(False)


def measure(name: str, case: Case, frames: int, rounds: int) -> None:
    """Time one case."""
    shape = (1, 3, frames, case.side, case.side) if case.film else (1, 3, case.side, case.side)
    what = f"random weights; {'one clip of ' + str(frames) + ' frames' if case.film else 'one image'} of {case.side}×{case.side}"
    with torch.device("meta"):
        count = sum(p.numel() for p in case.make().parameters())
    needed, free = 4 * count * _SPARE, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > free:
        return common.report(f"families.{name}", "torch", compared=what, skipped=f"{needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
    torch.manual_seed(0)
    ours = case.make().eval().requires_grad_(False)
    pixels = torch.randn(shape)
    still = isinstance(ours, Vit) and not case.film
    runs: dict[str, Callable[[], Tensor]] = {"ours": lambda: _run(ours, pixels[:, :, None] if still else pixels)}
    more: dict[str, Any] = {}
    if case.theirs is not None:
        theirs = dress(ours, case)
        runs["theirs"] = lambda: _ask(theirs, pixels, case.film)
        gap = float((runs["ours"]() - runs["theirs"]()).abs().max())
        more["difference"] = float(f"{gap:.3g}")
    seconds = common.alternate(runs, rounds)
    if "theirs" in seconds:
        more["ratio"] = common.ratio(seconds["ours"], seconds["theirs"])
    figures = {"seconds": {k: common.spread(v) for k, v in seconds.items()}, "parameters": count, "n": rounds}
    packages = ("torch", "transformers") if "theirs" in seconds else ("torch",)
    return common.report(f"families.{name}", *packages, compared=what, threads=torch.get_num_threads(), **figures, **more)


@torch.inference_mode()
def _run(ours: nn.Module, pixels: Tensor) -> Tensor:
    return ours(pixels)


@torch.inference_mode()
def _ask(theirs: nn.Module, pixels: Tensor, film: bool) -> Tensor:
    if film:
        return theirs(pixel_values_videos=pixels.transpose(1, 2), skip_predictor=True).last_hidden_state
    return theirs(pixel_values=pixels).last_hidden_state


def main() -> None:
    """Measure what was asked for, the smallest first."""
    parser = argparse.ArgumentParser(description="Speed of encoders at their published sizes, beside Transformers.")
    parser.add_argument("--only", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--frames", type=int, default=8, help="of a clip, a multiple of 2")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds, after one to warm up")
    chosen = parser.parse_args()
    for name in chosen.only:
        measure(name, CASES[name], chosen.frames, chosen.rounds)


if __name__ == "__main__":
    main()
