"""The front door: the verbs of `import workbench`, which take a sample's name wherever they take a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import samples
from workbench.core.card import BankKey, LoadReport
from workbench.core.clip import Clip
from workbench.core.facts import ShownClip
from workbench.data import Clips
from workbench.measures.bank import Bank
from workbench.model.jepa import Jepa


def resolve(path: str | Path) -> str:
    """The path of a sample by its name, else the path itself."""
    return str(samples.find(str(path)).checkpoint) if str(path) in samples.names() else str(path)


def load(path: str | Path, **options: Any) -> Jepa:
    """Open a checkpoint, by path or by a sample's name. Options as in `workbench.families.load.load`."""
    from workbench.families.load import load as load_file

    return load_file(resolve(path), **options)


def inspect(path: str | Path, **options: Any) -> LoadReport:
    """What of a checkpoint would load, part by part."""
    from workbench.families.load import inspect as inspect_file

    return inspect_file(resolve(path), **options)


def open_clips(path: str | Path, *, frames: int | None = None, fps: float | None = None) -> Clips:
    """The clips of a sample, or of an image, a video, a folder or an npz."""
    from workbench.data import open_clips as open_path

    return open_path(bank_path(path), frames=frames, fps=fps)


def bank_path(path: str | Path) -> str:
    """The bank of a sample by its name, else the path itself."""
    return str(samples.find(str(path)).bank) if str(path) in samples.names() else str(path)


def open_bank(path: str | Path, *, frames: int | None = None) -> Bank:
    """The clips over which references and ranks are taken: a sample's own, or those of a folder or npz (at most 256, evenly taken)."""
    from workbench.worker.shelf import Shelf

    return Shelf().bank(BankKey(bank_path(path), frames))


def shown_clip(jepa: Jepa, clip: Clip) -> ShownClip:
    """The clip as the model is shown it, with its token grid: what `show` lays a mask over."""
    from workbench.worker.shelf import Shelf

    return Shelf().run("shown_clip", {"model": jepa, "clip": clip})
