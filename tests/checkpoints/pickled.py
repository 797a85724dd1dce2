"""Files of whole Python objects, as original DINO-WM, LeWM and Lightning write them; their classes are gone when the files are read."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@contextmanager
def classes(**made: type) -> Iterator[None]:
    """Let classes be importable under full names, "models__vit__ViTPredictor", for a while."""
    before, roots = set(sys.modules), {name.partition("__")[0] for name in made}
    for name, cls in made.items():
        *module, cls.__qualname__ = name.split("__")
        cls.__module__ = ".".join(module)
        for i in range(len(module)):
            sys.modules.setdefault(".".join(module[: i + 1]), types.ModuleType(".".join(module[: i + 1])))
        setattr(sys.modules[cls.__module__], cls.__qualname__, cls)
    try:
        yield
    finally:
        for name in [n for n in set(sys.modules) - before if n.partition(".")[0] in roots]:
            del sys.modules[name]


class Predictor(nn.Module):
    """As DINO-WM's: a mask as a plain attribute, a buffer that state_dict leaves out, blocks in lists of lists."""

    def __init__(self) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.randn(1, 6, 8))
        self.transformer = nn.ModuleList([nn.ModuleList([nn.Linear(8, 24, bias=False), nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 8), nn.GELU())])])
        self.bias = torch.ones(6, 6).tril()
        self.register_buffer("passing", torch.ones(2), persistent=False)
        self.register_buffer("kept", torch.arange(3))
        self.register_parameter("absent", None)


class Encoder(nn.Module):
    """An embedding of actions, its weights transposed in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Conv1d(10, 4, 1)
        self.patch_embed.weight = nn.Parameter(torch.randn(1, 10, 4).permute(2, 1, 0))


class Node:
    """As omegaconf's: a value with a parent and metadata around it."""

    def __init__(self, parent: Any, **fields: Any) -> None:
        self.__dict__.update(fields, _parent=parent, _metadata={"ref_type": Any})


class Config(Node):
    """As omegaconf's DictConfig and ListConfig."""

    def __init__(self, parent: Any, content: Any) -> None:
        super().__init__(parent)
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        nodes = [(k, Config(self, v) if isinstance(v, dict | list) else Node(self, _val=v)) for k, v in pairs]
        self.__dict__["_content"] = dict(nodes) if isinstance(content, dict) else [n for _, n in nodes]


def dino_wm(file: Path) -> dict[str, Tensor]:
    """A world model of whole modules and optimizers; returns the weights by the names a conversion gives them."""
    torch.manual_seed(0)
    with classes(models__vit__ViTPredictor=Predictor, models__proprio__ProprioceptiveEmbedding=Encoder):
        parts: dict[str, nn.Module] = {"predictor": Predictor(), "action_encoder": Encoder(), "proprio_encoder": Encoder()}
        optimizer = torch.optim.AdamW(parts["predictor"].parameters(), lr=1e-3)
        sum(p.sum() for p in parts["predictor"].parameters()).backward()
        optimizer.step()
        torch.save({"epoch": 98, "loss": np.float64(0.25), **parts, "predictor_optimizer": optimizer, "action_mean": np.arange(2.0)}, file)
    named = {f"{part}.{n}": t.detach() for part, module in parts.items() for n, t in module.state_dict().items()}
    return {**named, "action_mean": torch.arange(2.0, dtype=torch.float64)}


def lewm_object(file: Path, *, legacy: bool = False) -> dict[str, Tensor]:
    """One whole module, as `<name>_object.ckpt`; returns its state_dict."""
    with classes(stable_worldmodel__wm__lewm__LeWM=Predictor):
        model = Predictor()
        torch.save(model, file, _use_new_zipfile_serialization=not legacy)
    return {n: t.detach() for n, t in model.state_dict().items()}


def lightning(file: Path) -> dict[str, Tensor]:
    """A Lightning file with hyper-parameters of omegaconf."""
    tensors = {"model.encoder.w": torch.randn(3, 4), "model.encoder.b": torch.randn(3).half()}
    settings = {"model": {"dim": 192, "heads": [3, 4]}, "lr": 0.001}
    with classes(omegaconf__dictconfig__DictConfig=Config, omegaconf__nodes__AnyNode=Node):
        content = {"state_dict": tensors, "hyper_parameters": Config(None, settings), "epoch": 3, "pytorch-lightning_version": "2.5"}
        torch.save(content, file)
    return {f"state_dict.{n}": t for n, t in tensors.items()}
