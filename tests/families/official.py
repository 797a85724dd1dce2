"""The golden numbers of the official code, and masks from the token ids they use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workbench.families.load import load
from workbench.model import Jepa

GOLDEN = Path(__file__).parents[1] / "golden"
IJEPA = {"path": GOLDEN / "ijepa", "heads": 4}
VJEPA2 = {"path": GOLDEN / "vjepa2", "heads": 2, "predictor_heads": 2, "frames": 8}
NONSQUARE = {"path": GOLDEN / "vjepa2_nonsquare", "heads": 2, "predictor_heads": 2, "frames": 4, "image_size": (32, 48)}
VJEPA = {"path": GOLDEN / "vjepa1", "heads": 4}
INTPHYS = {"path": GOLDEN / "intphys_surprise", "heads": 2, "frames": 8}
VJEPA2_1 = {"path": GOLDEN / "vjepa2_1", "heads": 2, "predictor_heads": 2, "frames": 6, "image_size": 48}
EB_ROOMS = {"path": GOLDEN / "eb_jepa_ac_video"}
AC = {"path": GOLDEN / "vjepa2_ac", "heads": 2, "predictor_heads": 2, "image_size": 32}
SPT_IJEPA = {"path": GOLDEN / "spt_ijepa", "heads": 4}
JEPA_WMS = {
    **{"path": GOLDEN / "jepa_wms_adaln" / "jepa-latest.pth.tar", "encoder": GOLDEN / "jepa_wms_adaln" / "dinov2_tiny14_pretrain.pth"},
    **{"heads": 2, "predictor_heads": 2, "image_size": 42, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
}


def official(arguments: dict) -> tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]:
    """The model, the inputs and the expected outputs."""
    folder = arguments["path"]
    inputs, expected = (dict(np.load(folder / f"{name}.npz")) for name in ("inputs", "expected"))
    return load(**arguments), {k: torch.tensor(v) for k, v in inputs.items()}, {k: torch.tensor(v) for k, v in expected.items()}


def mask_of(ids: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """[batch, ticks, rows, cols], True at the ids."""
    flat = torch.zeros(len(ids), int(np.prod(shape)), dtype=torch.bool)
    return flat.scatter_(1, ids, True).unflatten(1, shape)


def at(tokens: Tensor, ids: Tensor) -> Tensor:
    """[batch, kept, dim]: the tokens with these ids, in their order."""
    return tokens.flatten(1, 3).gather(1, ids[..., None].expand(-1, -1, tokens.shape[-1]))


def close(ours: Tensor, theirs: Tensor, tolerance: float = 3e-5) -> None:
    """Equal to the tolerance that the fixtures state."""
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)
