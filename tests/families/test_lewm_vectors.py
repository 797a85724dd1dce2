"""LeWM's numbers of the official modules on weights and inputs that follow a rule, so that they need no file. The rule stands in ruled.py.

Positions are filled by it too, other than in the other families.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from tests.families.ruled import agrees, inp, rule
from tests.families.test_lewm import parts, some, vectors, video
from workbench.families.load import inspect, load


def ruled_state(inner: int = 64) -> dict[str, Tensor]:
    """A tiny model in the names of Transformers 5.x."""
    shapes: dict[str, tuple[int, ...]] = {
        "encoder.embeddings.cls_token": (1, 1, 48),
        "encoder.embeddings.position_embeddings": (1, 17, 48),
        "encoder.embeddings.patch_embeddings.projection.weight": (48, 3, 14, 14),
        "encoder.embeddings.patch_embeddings.projection.bias": (48,),
        "predictor.pos_embedding": (1, 3, 48),
        "action_encoder.patch_embed.weight": (10, 10, 1),
        "action_encoder.patch_embed.bias": (10,),
    }

    def layer(name: str, out: int, into: int | None = None, bias: bool = True) -> None:
        shapes[f"{name}.weight"] = (out,) if into is None else (out, into)
        if bias:
            shapes[f"{name}.bias"] = (out,)

    for i in range(2):
        at = f"encoder.layers.{i}"
        for third in "qkvo":
            layer(f"{at}.attention.{third}_proj", 48, 48)
        layer(f"{at}.mlp.fc1", 192, 48)
        layer(f"{at}.mlp.fc2", 48, 192)
        layer(f"{at}.layernorm_before", 48)
        layer(f"{at}.layernorm_after", 48)
        at = f"predictor.transformer.layers.{i}"
        layer(f"{at}.attn.norm", 48)
        layer(f"{at}.attn.to_qkv", 3 * inner, 48, bias=False)
        layer(f"{at}.attn.to_out.0", 48, inner)
        layer(f"{at}.mlp.net.0", 48)
        layer(f"{at}.mlp.net.1", 64, 48)
        layer(f"{at}.mlp.net.4", 48, 64)
        layer(f"{at}.adaLN_modulation.1", 288, 48)
    layer("encoder.layernorm", 48)
    layer("predictor.transformer.norm", 48)
    layer("action_encoder.embed.0", 192, 10)
    layer("action_encoder.embed.2", 48, 192)
    for head in ("projector", "pred_proj"):
        layer(f"{head}.net.0", 64, 48)
        layer(f"{head}.net.1", 64)
        shapes |= {f"{head}.net.1.running_mean": (64,), f"{head}.net.1.running_var": (64,)}
        layer(f"{head}.net.3", 48, 64)
    return {name: rule(name, torch.empty(shape)) for name, shape in shapes.items()}


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


def test_a_head_of_64_features_is_assumed_where_it_fits(tmp_path: Path) -> None:
    torch.save(ruled_state(inner=128), tmp_path / "weights.pt")
    facts = {f.name: f for f in inspect(tmp_path, heads=3).facts}
    assert (facts["dim_head"].value, facts["dim_head"].origin) == (64, "assumed")
    assert facts["predictor_heads"].value == 2
