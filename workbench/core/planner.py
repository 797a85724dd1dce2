"""How actions that lead to a goal are searched."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypedDict, cast

from workbench.core.errors import BadInput


class Searching(TypedDict, total=False):
    """The fields of `Planner`, as options."""

    horizon: int
    samples: int
    iterations: int
    elites: int
    knots: int | None
    method: str
    keep: float
    temperature: float
    start: float
    last: float
    mean: float
    best: float
    distance: str
    seed: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Planner:
    """How to search.

    Args:
        method: "cem" or "mppi". horizon: steps of the model. samples, iterations, elites: tried sequences, rounds, and how many of the best shape the next round.
        knots: actions that are drawn; those between are interpolated. None: every step is drawn.
        keep: share of the old mean and spread in the new ones. temperature: of MPPI, in units of the costs' deviation.
        start: deviation of the first round's draws, as a share of half the action's range.
        last, mean, best: weights of the distance at the last tick, of its mean over the ticks, and of its lowest, in the cost.
        distance: "l2" or "l1", mean over tokens and features.

    Raises:
        BadInput: nothing could be tried.
    """

    horizon: int = 8
    samples: int = 256
    iterations: int = 4
    elites: int = 32
    knots: int | None = None
    method: str = "cem"
    keep: float = 0.1
    temperature: float = 0.5
    start: float = 1.0
    last: float = 1.0
    mean: float = 0.0
    best: float = 0.0
    distance: str = "l2"
    seed: int = 0

    def __post_init__(self) -> None:
        whole = {"horizon": self.horizon, "samples": self.samples, "iterations": self.iterations, "elites": self.elites}
        for name, value in whole.items():
            if value < 1:
                raise BadInput(f"a planner with {name} = {value} cannot sample anything", where="Planner", fix=f"give {name} of at least 1")
        if self.elites > self.samples:
            raise BadInput(f"{self.elites} elites of {self.samples} samples", where="Planner", fix="give fewer elites than samples")
        if self.method not in ("cem", "mppi") or self.distance not in ("l1", "l2"):
            raise BadInput(f"there is no planner {self.method!r} with distance {self.distance!r}", where="Planner", fix="cem or mppi, l1 or l2")
        if self.knots is not None and not 1 <= self.knots <= self.horizon:
            raise BadInput(f"{self.knots} knots in {self.horizon} steps", where="Planner", fix="give 1 to horizon knots")

    @property
    def settings(self) -> Searching:
        """The fields by name, without those that a question adds."""
        return cast(Searching, {field.name: getattr(self, field.name) for field in fields(Planner)})
