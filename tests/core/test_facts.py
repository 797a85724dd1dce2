from __future__ import annotations

import numpy as np

from workbench.core import codec
from workbench.core.card import LoadReport, ModelCard, PartReport
from workbench.core.contents import TensorFacts
from workbench.core.grid import TokenGrid
from workbench.core.questions.checkpoint import ModelFacts, TensorHistogram
from workbench.core.questions.clips import ClipList, ShownClip


def test_descriptions_survive_the_wire() -> None:
    report = LoadReport("m.pth", "toy", (PartReport("masked", matched=("a",)),))
    card = ModelCard("toy", "Toy", samplers=(("ijepa_multiblock", {"min_keep": 4, "aspect": (0.75, 1.5)}),))
    model = ModelFacts(card, report, (TensorFacts("a", (2, 3), "float32", 24),), mask_tokens=1)
    shown = ShownClip(np.zeros((1, 2, 2, 3), np.uint8), TokenGrid(1, 1, 1, patch=(2, 2)), "a.png", (4, 4), "ab")
    histogram = TensorHistogram("a", np.array([1, 2]), np.array([0.0, 0.5, 1.0]), 0.6, 0.2, 0.0, 1.0, 0)
    clips = ClipList("media", "folder", "media", ("a", "b"))
    again = codec.loads(codec.dumps([model, shown, histogram, clips]))
    assert again[0] == model
    assert again[1].grid == shown.grid
    assert again[2].edges.tolist() == [0.0, 0.5, 1.0]
    assert again[3] == clips
