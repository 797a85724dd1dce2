"""State dicts in timm's names for a vision transformer, at random, and what timm's forward makes of them, slowly and by formulas alone."""

from __future__ import annotations

import math
import tempfile
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.families.load import load
from workbench.model import Jepa

DIM, HEADS, HIDDEN, PATCH, SIDE = 24, 3, 40, 4, 4
State = dict[str, Tensor]


def timm_state(
    *, registers: int = 0, class_token: bool = True, placed: int = 1, layer_scale: bool = False, norm: str = "norm", head: int = 0, depth: int = 2
) -> State:
    """A tiny backbone.

    Args:
        placed: of class and register tokens, how many have a position. norm: "norm", "fc_norm" or "".
    """
    shapes: dict[str, tuple[int, ...]] = {"cls_token": (1, 1, DIM)} if class_token else {}
    if registers:
        shapes["reg_token"] = (1, registers, DIM)
    shapes |= {"pos_embed": (1, placed + SIDE**2, DIM), "patch_embed.proj.weight": (DIM, 3, PATCH, PATCH), "patch_embed.proj.bias": (DIM,)}
    for i in range(depth):
        layers = {
            "attn.qkv": (3 * DIM, DIM),
            "attn.proj": (DIM, DIM),
            "mlp.fc1": (HIDDEN, DIM),
            "mlp.fc2": (DIM, HIDDEN),
            "norm1": (DIM,),
            "norm2": (DIM,),
        }
        for name, shape in layers.items():
            shapes |= {f"blocks.{i}.{name}.weight": shape, f"blocks.{i}.{name}.bias": shape[:1]}
        if layer_scale:
            shapes |= {f"blocks.{i}.ls1.gamma": (DIM,), f"blocks.{i}.ls2.gamma": (DIM,)}
    if norm:
        shapes |= {f"{norm}.weight": (DIM,), f"{norm}.bias": (DIM,)}
    if head:
        shapes |= {"head.weight": (head, DIM), "head.bias": (head,)}
    return drawn(shapes)


def mlp_state(*widths: int) -> State:
    """torchvision's MLP with batch norm, as the recipes of LeJEPA build their projector."""
    shapes: dict[str, tuple[int, ...]] = {}
    for i, (before, after) in enumerate(pairwise(widths)):
        shapes |= {f"{4 * i}.weight": (after, before), f"{4 * i}.bias": (after,)}
        if i < len(widths) - 2:
            shapes |= {f"{4 * i + 1}.{n}": (after,) for n in ("weight", "bias", "running_mean", "running_var")}
    counters = {f"{4 * i + 1}.num_batches_tracked": torch.tensor(7) for i in range(len(widths) - 2)}
    return drawn(shapes) | counters


def drawn(shapes: dict[str, tuple[int, ...]]) -> State:
    generator = torch.Generator().manual_seed(7)
    state = {name: torch.randn(shape, generator=generator) / math.sqrt(shape[-1]) for name, shape in shapes.items()}
    return {name: t.square() + 0.5 if name.endswith("running_var") else t for name, t in state.items()}


def under(prefix: str, state: State) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def slow_tokens(state: State, images: Tensor) -> list[Tensor]:
    """After each block, and after the last norm: class token, registers, grid."""
    prefix = torch.cat([state[n] for n in ("cls_token", "reg_token") if n in state] or [torch.zeros(1, 0, DIM)], 1)
    rows, cols = images.shape[2] // PATCH, images.shape[3] // PATCH
    patches = images.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH)
    grid = torch.einsum("bcijpq,dcpq->bijd", patches, state["patch_embed.proj.weight"]).flatten(1, 2) + state["patch_embed.proj.bias"]
    placed = state["pos_embed"].shape[1] - SIDE**2
    places = state["pos_embed"][:, placed:]
    if (rows, cols) != (SIDE, SIDE):
        square = places.unflatten(1, (SIDE, SIDE)).permute(0, 3, 1, 2)
        places = F.interpolate(square, size=(rows, cols), mode="bicubic", antialias=True).flatten(2).mT
    first = prefix.clone()
    first[:, :placed] += state["pos_embed"][:, :placed]
    x = torch.cat([first.expand(len(images), -1, -1), grid + places], 1)
    out = []
    for i in range(sum(n.endswith("norm1.weight") for n in state)):
        w = {n.removeprefix(f"blocks.{i}."): t for n, t in state.items() if n.startswith(f"blocks.{i}.")}
        x = x + _attention(w, _norm(w, "norm1", x)) * w.get("ls1.gamma", torch.ones(DIM))
        hidden = _norm(w, "norm2", x) @ w["mlp.fc1.weight"].T + w["mlp.fc1.bias"]
        hidden = 0.5 * hidden * (1 + torch.erf(hidden / math.sqrt(2)))
        x = x + (hidden @ w["mlp.fc2.weight"].T + w["mlp.fc2.bias"]) * w.get("ls2.gamma", torch.ones(DIM))
        out.append(x)
    return [*out, _norm(state, "norm", x) if "norm.weight" in state else x]


def slow_pooled(state: State, images: Tensor) -> Tensor:
    """What timm's model gives for an image: the class token, or the mean over patches, through fc_norm and head."""
    tokens = slow_tokens(state, images)[-1]
    beside = sum(state[n].shape[1] for n in ("cls_token", "reg_token") if n in state)
    mean = "fc_norm.weight" in state or "cls_token" not in state
    x = tokens[:, beside:].mean(1) if mean else tokens[:, 0]
    x = _norm(state, "fc_norm", x) if "fc_norm.weight" in state else x
    return x @ state["head.weight"].T + state["head.bias"] if "head.weight" in state else x


def slow_mlp(state: State, x: Tensor) -> Tensor:
    for i in range(0, 400, 4):
        x = x @ state[f"{i}.weight"].T + state[f"{i}.bias"]
        if f"{i + 1}.weight" not in state:
            return x
        x = (x - state[f"{i + 1}.running_mean"]) / (state[f"{i + 1}.running_var"] + 1e-5).sqrt()
        x = (x * state[f"{i + 1}.weight"] + state[f"{i + 1}.bias"]).clamp(min=0)
    raise AssertionError("too many layers")


def _norm(state: State, name: str, x: Tensor) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt() * state[f"{name}.weight"] + state[f"{name}.bias"]


def _attention(w: State, x: Tensor) -> Tensor:
    batch, tokens, _ = x.shape
    q, k, v = (x @ w["attn.qkv.weight"].T + w["attn.qkv.bias"]).reshape(batch, tokens, 3, HEADS, -1).unbind(2)
    share = (torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(DIM // HEADS)).softmax(-1)
    return torch.einsum("bhij,bjhd->bihd", share, v).flatten(2) @ w["attn.proj.weight"].T + w["attn.proj.bias"]


def tiny_lejepa() -> Jepa:
    """With class token, registers, LayerScale and a projector."""
    backbone = timm_state(registers=2, placed=3, layer_scale=True)
    with tempfile.TemporaryDirectory() as folder:
        torch.save(under("backbone.", backbone) | under("projector.", mlp_state(DIM, 16, 8)), Path(folder) / "tiny.pt")
        return load(folder, heads=HEADS)
