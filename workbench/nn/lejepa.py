"""LeJEPA's networks (arXiv 2511.08544): a timm vision transformer, and the projector that its loss looks at."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from workbench.nn.batch_norm import FrozenBatchNorm
from workbench.nn.class_vit import ClassVit, ClassVitConfig


@dataclass(frozen=True)
class ProjectorConfig:
    """Widths of a projector.

    Args:
        widths: of input, hidden layers and output. lead: (input, output) of a linear layer before it; None: there is none.
    """

    widths: tuple[int, ...]
    lead: tuple[int, int] | None = None


def projector(config: ProjectorConfig) -> nn.Sequential:
    """Linear, batch norm, ReLU for each hidden layer, then linear; numbered as torchvision's MLP, where dropout takes every fourth number."""
    layers: list[nn.Module] = []
    for before, after in zip(config.widths[:-2], config.widths[1:-1], strict=True):
        layers += [nn.Linear(before, after), FrozenBatchNorm(after), nn.ReLU(), nn.Identity()]
    mlp = nn.Sequential(*layers, nn.Linear(config.widths[-2], config.widths[-1]))
    return mlp if config.lead is None else nn.Sequential(nn.Linear(config.lead[0], config.lead[1]), mlp)


class LejepaNet(nn.Module):
    """Backbone and, where the file has one, projector."""

    def __init__(self, backbone: ClassVitConfig, projection: ProjectorConfig | None) -> None:
        super().__init__()
        self.backbone = ClassVit(backbone)
        self.projector = None if projection is None else projector(projection)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch features"]:
        """What the loss compares between views: the projected vector of each image, or the pooled one where there is no projector."""
        pooled = self.backbone.pooled(self.backbone(images))
        return pooled if self.projector is None else self.projector(pooled)

    def initialise(self) -> LejepaNet:
        """timm's initialisation of the backbone, torch's own of the projector."""
        self.backbone.initialise()
        return self
