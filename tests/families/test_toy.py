"""What only the toy shows: registers, a missing teacher, and its own file."""

from __future__ import annotations

from pathlib import Path

from tests.families.tiny import clips, problem, same
from workbench.families import toy
from workbench.families.load import load


def test_registers_are_never_on_the_grid() -> None:
    jepa = toy.build(0)
    answer = jepa.encoder.encode(jepa.encoder.prepare(clips(jepa, 2)).video)
    assert answer.extra is not None
    assert answer.extra.shape == (2, 4, 2, jepa.card.dim)
    assert answer.tokens.shape[:4] == (2, *answer.grid.shape)


def test_a_toy_survives_its_file(tmp_path: Path) -> None:
    jepa = toy.build(0, shape=toy.ToyShape(rows=3, layers=3, mask_tokens=3, actions=3))
    toy.save(jepa, tmp_path / "toy.safetensors")
    again = load(tmp_path)
    assert again.report.whole
    assert again.card.hashes == jepa.card.hashes
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    for a, b in zip(jepa.need_masked().predict(video, context, targets), again.need_masked().predict(video, context, targets), strict=True):
        same(a, b)
    assert again.dynamics is not None
    assert again.decoder is not None
