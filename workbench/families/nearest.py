"""What is said where no family fits: the nearest one, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.checkpoints import Checkpoint
from workbench.core.errors import CheckpointError
from workbench.families.registry import Family

_MOST_GROUPS, _MOST_LACKING = 6, 4


def no_family(checkpoint: Checkpoint, known: Iterable[Family]) -> CheckpointError:
    """The refusal of a file of no known family, no longer than a screen."""
    every = list(known)
    where, names = str(checkpoint.path), ", ".join(f.name for f in every)
    counts = list(checkpoint.groups().items())
    groups = ", ".join(f"{name[:40]} ({count})" for name, count in counts[:_MOST_GROUPS]) or "nothing"
    groups += f" and {len(counts) - _MOST_GROUPS} more" if len(counts) > _MOST_GROUPS else ""
    what = f"no family fits. Its tensors lie in {groups}"
    shares = {f.name: sum(_has(checkpoint, t) for t in f.telling) / max(1, len(f.telling)) for f in every}
    nearest = max(every, key=lambda f: shares[f.name], default=None)
    if nearest is None or not shares[nearest.name]:
        return CheckpointError(what, where=where, fix=f"none of its names is one of a known family ({names}); save the state dict of a whole model")
    lacking = [t for t in nearest.telling if not _has(checkpoint, t)]
    lacks = f"it lacks {', '.join(lacking[:_MOST_LACKING])}" if lacking else "its names are there, in another arrangement"
    fix = f"nearest is {nearest.name}: {lacks} (it is known by {nearest.signs}). If it is of another family, say family=…: {names}"
    return CheckpointError(what, where=where, fix=fix)


def _has(checkpoint: Checkpoint, telling: str) -> bool:
    return any(name == telling or name.endswith(f".{telling}") for name in checkpoint.tensors)
