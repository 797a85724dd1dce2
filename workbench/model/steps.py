"""A clip as a model with dynamics steps through it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.model.spec import ActionSpec

_GROSS = 30.0  # times the usual reach of an action: surely another scale


def steps_of(clip: Clip, spec: ActionSpec | None) -> tuple[Clip, Float[np.ndarray, "steps action"] | None]:
    """A clip as the model steps through it, and the action of each step.

    A model that acts once in several frames sees only the frames at which it acts; raw actions, one a frame, are joined.

    Raises:
        BadInput: no actions, of another width, too few, not finite, or plainly of another scale.
    """
    if spec is None:
        return clip, None
    where = clip.source or "clip.actions"
    fix = f"one row a step of {spec.width} numbers ({', '.join(spec.names)}), or one a frame of {len(spec.names)}"
    if clip.actions is None:
        raise BadInput("this model needs actions and the clip has none", where=where, fix=fix)
    actions = np.asarray(clip.actions, np.float32)
    if actions.shape[1] == len(spec.names) and spec.frameskip > 1:
        steps = len(actions) // spec.frameskip
        actions = actions[: steps * spec.frameskip].reshape(steps, -1)
        at = slice(None, steps * spec.frameskip + 1, spec.frameskip)
        states = None if clip.states is None else clip.states[at]
        times = None if clip.times is None else clip.times[at]
        clip = replace(clip, pixels=clip.pixels[at], states=states, actions=None, fps=clip.fps and clip.fps / spec.frameskip, times=times)
    if actions.shape[1] != spec.width:
        raise BadInput(f"actions of {actions.shape[1]} numbers, the model takes {spec.width}", where=where, fix=fix)
    if len(actions) < clip.frames - 1:
        raise BadInput(f"{len(actions)} actions for {clip.frames} frames", where=where, fix="one action leaves every frame but the last")
    if not np.isfinite(actions[: clip.frames - 1]).all():
        bad = int((~np.isfinite(actions[: clip.frames - 1])).any(1).argmax())
        raise BadInput(f"the action that leaves frame {bad} is not finite", where=where, fix="cut the clip there, or fill it in")
    _of_scale(actions[: clip.frames - 1], spec, where)
    return clip, actions[: clip.frames - 1]


def _of_scale(actions: Float[np.ndarray, "steps action"], spec: ActionSpec, where: str) -> None:
    middle, reach = spec.usual
    typical = np.median(np.abs(actions - middle), axis=0) if len(actions) else np.zeros(spec.width)
    worst = int((typical / reach).argmax())
    if typical[worst] > _GROSS * reach[worst]:
        name, unit = (v[worst % len(spec.names)] for v in (spec.names, spec.units))
        what = f"actions of another scale: half of the steps move {name} by more than {typical[worst]:.3g}, and {reach[worst]:.3g} ({unit}) is usual"
        own = ", ".join(f"{n} ({u})" for n, u in zip(spec.names, spec.units, strict=True))
        raise BadInput(what, where=where, fix=f"give actions in the units of the model: {own}")
