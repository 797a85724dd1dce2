"""The head of VJEPA2ForVideoClassification: what its tensors say, and the part that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.checkpoints import Checkpoint
from workbench.families.parts import Names
from workbench.families.settings import Settings
from workbench.families.vit_family import shape_of, tower
from workbench.model.jepa import Head
from workbench.nn.head import AttentiveHead, HeadConfig
from workbench.nn.parts import VitEncoder
from workbench.nn.vit import VitConfig

OTHER_HEAD = "a head of another kind than that of VJEPA2ForVideoClassification, trained on top: no part of a JEPA, and not read"
_MOST_LABELS, _LONGEST = 100_000, 200


@dataclass(frozen=True)
class HeadPlan:
    """A head before its weights are read; `labels` in the order of its numbers."""

    config: HeadConfig
    labels: tuple[str, ...]

    def make(self) -> AttentiveHead:
        """The empty head of these sizes."""
        return AttentiveHead(self.config)


def plan_head(checkpoint: Checkpoint, names: Names, settings: Settings, encoder: VitConfig) -> HeadPlan | None:
    """The sizes and labels of the head that lies beside a V-JEPA 2; None where it is one of another kind, which is not read."""
    rows, fc = shape_of(checkpoint, names, "classifier.weight"), shape_of(checkpoint, names, "pool.mlp.fc1.weight")
    if (
        rows is None
        or fc is None
        or len(rows) != 2
        or len(fc) != 2
        or rows[1] != encoder.dim
        or fc[1] != encoder.dim
        or not 0 < rows[0] <= _MOST_LABELS
    ):
        return None
    depth = tower(checkpoint, names, "blocks", encoder.dim).depth if any(n.startswith("blocks.") for n in names) else 0
    said = checkpoint.setting("id2label")
    labels = tuple(_label(said, i) for i in range(rows[0]))
    if isinstance(said, Mapping) and len(said) == rows[0]:
        settings.note("labels", rows[0], "given", "id2label in config.json")
    else:
        settings.note("labels", rows[0], "read", "classifier.weight; no id2label of as many names lies beside it: labels are numbers")
        labels = tuple(f"label {i}" for i in range(rows[0]))
    return HeadPlan(HeadConfig(encoder.dim, encoder.heads, fc[0], depth, rows[0], encoder.eps), labels)


def _label(said: object, number: int) -> str:
    found = said.get(str(number), said.get(number)) if isinstance(said, Mapping) else None
    return found[:_LONGEST] if isinstance(found, str) else f"label {number}"


class VideoHead(Head):
    """An `AttentiveHead` on all tokens of the encoder, after its last norm."""

    def __init__(self, encoder: VitEncoder, net: AttentiveHead, labels: tuple[str, ...]) -> None:
        self.encoder, self.net, self.labels = encoder, net, labels

    @torch.inference_mode()
    def classify(
        self, video: Float[Tensor, "batch channels frames height width"]
    ) -> tuple[Float[Tensor, "batch labels"], Float[Tensor, "batch ticks rows cols"]]:
        """See `Head.classify`; the attention is the mean over heads."""
        numbers, weights, shape = self.numbers(video)
        return numbers.softmax(-1), weights.mean(1).unflatten(1, shape)

    @torch.inference_mode()
    def numbers(
        self, video: Float[Tensor, "batch channels frames height width"]
    ) -> tuple[Float[Tensor, "batch labels"], Float[Tensor, "batch heads tokens"], tuple[int, int, int]]:
        """What the softmax is taken over, how much each head looked at each token, and the shape of the grid."""
        seen = self.encoder.encode(video, weights="context")
        numbers, weights = self.net(seen.tokens.flatten(1, 3).to(next(self.net.parameters())))
        return numbers.float(), weights.float(), seen.grid.shape

    def untrained(self, seed: int) -> VideoHead:
        """See `Head.untrained`."""
        like = next(self.net.parameters())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh = AttentiveHead(self.net.config).initialise()
        return VideoHead(self.encoder, fresh.to(like.device, like.dtype).eval().requires_grad_(False), self.labels)
