"""LeWM's numbers of the official modules on weights and inputs that follow a rule, so that they need no file. The rule stands in ruled.py.

Positions are filled by it too, other than in the other families.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.families.ruled import agrees, inp, rule
from tests.families.test_lewm import parts, some, vectors, video
from workbench.core.errors import AmbiguousModel
from workbench.families.load import inspect, load
from workbench.nn.lewm import LewmPredictor, LewmPredictorConfig, ProjectionConfig, ProjectionMlp

PROJECTION, PROJECTION_192 = ProjectionConfig(48, 64, 48), ProjectionConfig(192, 64, 192)


def encoder_shapes() -> dict[str, tuple[int, ...]]:
    """A tiny ViTModel in the names of Transformers 5.x."""
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.cls_token": (1, 1, 48),
        "embeddings.position_embeddings": (1, 17, 48),
        "embeddings.patch_embeddings.projection.weight": (48, 3, 14, 14),
        "embeddings.patch_embeddings.projection.bias": (48,),
        "layernorm.weight": (48,),
        "layernorm.bias": (48,),
    }
    layers = {"mlp.fc1": (192, 48), "mlp.fc2": (48, 192), "layernorm_before": (48,), "layernorm_after": (48,)}
    layers |= {f"attention.{third}_proj": (48, 48) for third in "qkvo"}
    for i in range(2):
        for name, shape in layers.items():
            shapes |= {f"layers.{i}.{name}.weight": shape, f"layers.{i}.{name}.bias": shape[:1]}
    return shapes


def ruled_state(dim_head: int = 16) -> dict[str, Tensor]:
    """A tiny model; beside the encoder its official names are ours."""
    predictor = LewmPredictor(LewmPredictorConfig(48, 48, 48, 3, 2, 4, dim_head, 64, 10, 10, 192, PROJECTION)).state_dict()
    projector = {f"projector.{name}": tensor for name, tensor in ProjectionMlp(PROJECTION).state_dict().items()}
    encoder = {f"encoder.{name}": torch.empty(shape) for name, shape in encoder_shapes().items()}
    return {name: rule(name, tensor) for name, tensor in (encoder | projector | predictor).items()}


@torch.inference_mode()
def test_numbers_of_the_official_modules_on_ruled_weights(tmp_path: Path) -> None:
    torch.save(ruled_state(), tmp_path / "weights.pt")
    jepa = load(tmp_path, heads=3, predictor_heads=4)
    assert jepa.report.whole
    _, dynamics = parts(jepa)
    pixels, actions = inp(2, 3, 3, 56, 56), inp(2, 3, 10, f=0.31)
    seen = dynamics.embed(video(pixels))
    agrees(vectors(seen), 0.00506, 0.150354, [0.2098, 0.15867, -0.00135, -0.17592], [0.12625, 0.11963])
    agrees(dynamics.net.action_encoder(actions), -0.000458, 0.384461, [-0.28731, 0.41755, -0.21402, -0.15235], [-0.79638, 0.5875])
    agrees(vectors(dynamics.predict(seen, actions)), 0.020093, 0.407027, [0.43855, 0.70365, 0.53196, 0.02109], [0.30036, 0.61918])
    context = some(seen, slice(0, 1), 4)
    film = dynamics.rollout(context, 5, actions=inp(2, 4, 5, 10, f=0.17).flatten(0, 1))
    joined = torch.cat([vectors(context), vectors(film)], 1)
    agrees(joined, 0.0164, 0.338365, [0.2098, 0.15867, -0.00135, -0.17592], [0.25635, 0.50364])


def test_heads_of_64_features_are_inferred_at_the_published_width_alone(tmp_path: Path) -> None:
    torch.save(ruled_state(dim_head=32), tmp_path / "weights.pt")
    with pytest.raises(AmbiguousModel, match="dim_head") as caught:
        inspect(tmp_path, heads=3)
    assert "4×32" in caught.value.fix
    assert "2×64" in caught.value.fix
    published = LewmPredictorConfig(192, 192, 192, 3, 1, 16, 64, 64, 10, 10, 192, PROJECTION_192)
    state = {n: t for n, t in ruled_state().items() if n.startswith("encoder.")} | LewmPredictor(published).state_dict()
    state |= {f"projector.{n}": t for n, t in ProjectionMlp(ProjectionConfig(48, 64, 192)).state_dict().items()}
    torch.save(state, tmp_path / "weights.pt")
    facts = {f.name: f for f in inspect(tmp_path, heads=3).facts}
    assert (facts["dim_head"].value, facts["dim_head"].origin) == (64, "inferred")
    assert facts["predictor_heads"].value == 16
