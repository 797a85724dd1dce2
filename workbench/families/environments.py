"""The worlds that jepa-wms and DINO-WM were trained in, with the statistics of their actions and states as published."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Any

from workbench.core.card import Origin
from workbench.families.actions import settle_actions
from workbench.families.frame_dynamics import StateScale
from workbench.families.settings import Settings
from workbench.model.spec import ActionSpec

ENVIRONMENT_OVERRIDES: Mapping[str, str] = {
    "environment": "pusht, pointmaze, wall, metaworld or droid: whose published mean and deviation actions and states are normalised with",
    "state_mean": "mean of each number of a state in training",
    "state_std": "deviation of each number of a state in training",
}
_UNKNOWN = "the file holds no statistics: pass states that are normalised already, or give state_mean= and state_std=, or environment="
_SKIPS = ("data.custom.frameskip", "model_kwargs.data.custom.frameskip")
_SWITCHES = ("normalize_action", "data.custom.normalize_action", "model_kwargs.data.custom.normalize_action")
_PLACES = ("data.datasets", "model_kwargs.data.datasets", "env.name")


@dataclass(frozen=True)
class Environment:
    """One world. Every tuple has one entry a number of an action or of a state.

    Args:
        words, brief: how files and settings call it, and in two letters. reach: largest action of the published planning; (): three deviations.
    """

    name: str
    words: tuple[str, ...]
    brief: str
    actions: tuple[str, ...]
    units: tuple[str, ...]
    action_mean: tuple[float, ...]
    action_std: tuple[float, ...]
    state_mean: tuple[float, ...]
    state_std: tuple[float, ...]
    reach: tuple[float, ...] = ()

    def fits(self, actions: int, states: int) -> bool:
        """A step of so many numbers is some of its actions, and a state of so many is one of its states, or is not used."""
        return actions % len(self.actions) == 0 and states in (0, len(self.state_mean))

    def spec(self, width: int) -> ActionSpec:
        """What the vector of a step of this width means."""
        mean, std, reach = self.action_mean, self.action_std, self.reach or tuple(3 * s for s in self.action_std)
        low, high = (tuple(m + sign * r for m, r in zip(mean, reach, strict=True)) for sign in (-1, 1))
        return ActionSpec(self.actions, self.units, low, high, mean, std, width // len(self.actions))


_ARM = ("x", "y", "z", "roll", "pitch", "yaw", "gripper")
ENVIRONMENTS = (
    Environment(
        "pusht",
        ("pusht",),
        "pt",
        ("x", "y"),
        ("100 px", "100 px"),
        (-0.0087, 0.0068),
        (0.2019, 0.2002),
        (236.6155, 264.5674, -2.93032, 2.54308),
        (101.1202, 87.0112, 74.84556, 74.14009),
    ),
    Environment(
        "pointmaze",
        ("pointmaze", "point_maze"),
        "mz",
        ("x", "y"),
        ("force", "force"),
        (7.82134e-5, 6.0036598e-4),
        (0.576913, 0.5775879),
        (1.81305635, 1.93771279, -0.00392753, -0.01977798),
        (1.00550103, 0.96300894, 1.68027699, 1.93193078),
    ),
    Environment(
        "wall",
        ("wall",),
        "wall",
        ("x", "y"),
        ("px", "px"),
        (-0.00556462, 0.01319782),
        (0.75233287, 0.7466898),
        (31.89451027, 31.81402016),
        (17.66352272, 17.27516747),
    ),
    Environment(
        "metaworld",
        ("metaworld",),
        "mw",
        ("x", "y", "z", "gripper"),
        ("command",) * 4,
        (0.00572358, 0.15735652, -0.13964579, 0.19981939),
        (0.73592395, 0.73408043, 0.7182977, 0.74320573),
        (-0.00293921, 0.65442389, 0.15410054, 0.64023149),
        (0.10431359, 0.11230525, 0.07981759, 0.26138949),
    ),
    Environment(
        "droid",
        ("droid", "robocasa"),
        "rcasa",
        _ARM,
        ("m", "m", "m", "rad", "rad", "rad", "opening"),
        (0.0,) * 7,
        (1.0,) * 7,
        (0.0,) * 7,
        (1.0,) * 7,
        (0.1,) * 6 + (0.75,),
    ),
)


def settle_environment(settings: Settings, actions: int, states: int) -> Environment | None:
    """The world that a predictor was trained in: said, else read from the settings beside the file or from its name; None where nothing tells.

    Args:
        actions: numbers in the vector of a step. states: numbers of a state; 0 where it takes none.

    Raises:
        BadInput: one was given that does not exist, or whose actions or states have other widths.
    """

    def parse(name: Any) -> str:
        found = named(str(name), brief=True)
        if found is None:
            raise ValueError("there is no such world")
        if not found.fits(actions, states):
            theirs = f"actions of {len(found.actions)} numbers and states of {len(found.state_mean)}"
            raise ValueError(f"{found.name} has {theirs}, and this predictor takes steps of {actions} and states of {states}")
        return found.name

    table: tuple[Any, Origin, str] | None = None
    for said, brief, why in _hints(settings):
        found = named(said, brief=brief)
        if table is None and found is not None and found.fits(actions, states):
            table = (found.name, "inferred", why)
    if table is None and settings.request.overrides.get("environment") is None:
        return None
    options = f"one of {', '.join(e.name for e in ENVIRONMENTS)}"
    found = named(settings.settle("environment", parse=parse, options=options, standin=None, table=table), brief=True)
    return found if found is None else _as_trained(settings, found)


def named(text: str, *, brief: bool) -> Environment | None:
    """The world that a name speaks of in a word of its own.

    Args:
        brief: two letters do, as in the published "mw_jepa-wm".
    """
    words = re.split(r"[^a-z0-9]+", text.lower())
    words += [f"{a}_{b}" for a, b in pairwise(words)]
    return next((e for e in ENVIRONMENTS if set(words) & set(e.words) or (brief and e.brief in words)), None)


def settle_spec(settings: Settings, environment: Environment | None, width: int) -> ActionSpec:
    """What the vector of a step means: as the caller says, else as this world publishes it, else normalised already."""
    said = settings.request.overrides
    if environment is None or any(said.get(name) is not None for name in ("action_mean", "action_std")):
        found = ((p, settings.request.checkpoint.setting(p)) for p in _SKIPS)
        place, skip = next(((p, v) for p, v in found if isinstance(v, int) and v > 0), ("", 1))
        return settle_actions(settings, width, skip, f"{place} in the settings beside the file" if place else "one action a step")
    spec, why = environment.spec(width), f"as published for {environment.name}"

    def parse(value: Any) -> int:
        if value != spec.frameskip:
            raise ValueError(f"a step has {width} numbers, an action of {environment.name} {len(spec.names)}: that is {spec.frameskip} a step")
        return spec.frameskip

    table: tuple[Any, Origin, str] = (spec.frameskip, "inferred", why)
    settings.settle("frameskip", parse=parse, options=f"leave it out, or give {spec.frameskip}", standin=1, table=table)
    for name, value in (("action_mean", spec.mean), ("action_std", spec.std)):
        settings.note(name, value, "inferred", why)
    return spec


def settle_states(settings: Settings, environment: Environment | None, states: int) -> StateScale | None:
    """How states are normalised: as the caller says, else as this world publishes it, else not at all; None for a predictor without."""
    if not states:
        return None
    settled: list[tuple[float, ...]] = []
    for name, plain, lowest in (("state_mean", 0.0, None), ("state_std", 1.0, 0.0)):
        table: tuple[Any, Origin, str] = ((plain,) * states, "assumed", _UNKNOWN)
        if environment is not None:
            table = (getattr(environment, name), "inferred", f"as published for {environment.name}")
        options = f"give {states} numbers"
        settled.append(settings.settle(name, parse=_numbers(states, lowest), options=options, standin=None, table=table))
    return StateScale(*settled)


def _as_trained(settings: Settings, environment: Environment) -> Environment:
    """The world with its statistics, or without where the settings beside the file say that nothing was normalised."""
    place = next((p for p in _SWITCHES if settings.request.checkpoint.setting(p) is False), None)
    if place is None:
        return environment
    settings.note("normalised actions", False, "given", f"{place} in {settings.request.checkpoint.config_path.rpartition('/')[2]}")
    actions, states = len(environment.actions), len(environment.state_mean)
    plain = {"action_mean": (0.0,) * actions, "action_std": (1.0,) * actions, "state_mean": (0.0,) * states, "state_std": (1.0,) * states}
    reach = environment.reach or tuple(3 * s for s in environment.action_std)
    return replace(environment, **plain, reach=reach)


def _hints(settings: Settings) -> list[tuple[str, bool, str]]:
    """What may name a world, whether two letters do, and where it was found: the settings, the file, its folder."""
    checkpoint = settings.request.checkpoint
    found: list[tuple[str, bool, str]] = []
    for place in _PLACES:
        said = checkpoint.setting(place)
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, str):
                found.append((one, False, f"{place} in {checkpoint.config_path.rpartition('/')[2]}"))
    path = checkpoint.path
    file, folder = (path.name.partition(".")[0], True, f"the file is named {path.name}"), (path.parent.name, False, f"it lies in {path.parent.name}")
    return [*found, file, folder]


def _numbers(count: int, above: float | None) -> Callable[[Any], tuple[float, ...]]:
    def parse(value: Any) -> tuple[float, ...]:
        found = tuple(value) if isinstance(value, list | tuple) else (value,)
        if len(found) != count:
            raise ValueError(f"{count} numbers are needed, not {len(found)}")
        if any(isinstance(v, bool) or not isinstance(v, int | float) or not isfinite(v) or (above is not None and v <= above) for v in found):
            raise ValueError("each must be a finite number" + ("" if above is None else " above 0"))
        return tuple(float(v) for v in found)

    return parse
