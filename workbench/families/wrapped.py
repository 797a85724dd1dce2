"""Bring your own: any torch module as a Jepa that boards and measures accept.

The module's own functions are called with plain tensors, without gradients, in evaluation mode; a module that is being
trained goes on training afterwards. Nothing leaks: pixels under hidden tokens are blanked before `encode` sees them, and
`predict` is given latents only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import torch
from torch import Tensor, nn

from workbench.core.card import PARTS, Fact, LoadReport, ModelCard, PartReport
from workbench.core.errors import BadInput, PartUnavailable
from workbench.families.parts import module_hash
from workbench.families.prepare import Preparation
from workbench.families.wrapped_parts import Cells, WrappedDynamics, WrappedEncoder, WrappedMasked, placed, quiet
from workbench.model.jepa import Jepa
from workbench.model.spec import UNKNOWN, ActionSpec

Size = int | tuple[int, int]
Twin = Callable[[int], "Jepa | nn.Module"]
_CALLS = {"encode": "encoder_context", "target": "encoder_target", "predict": "masked", "step": "dynamics", "rollout": "dynamics"}
_CARD = ("name", "paper", "licence", "notes", "loss", "unit")
_PREPARED = ("mean", "std", "resize", "fps")


def wrap(
    module: nn.Module,
    *,
    image_size: Size,
    encode: Callable[..., Tensor] | None = None,
    grid: tuple[int, int, int] | None = None,
    target: Callable[..., Tensor] | None = None,
    predict: Callable[..., Tensor] | None = None,
    step: Callable[..., Tensor] | None = None,
    rollout: Callable[..., Tensor] | None = None,
    actions: int | Sequence[str] | ActionSpec | None = None,
    untrained: Twin | None = None,
    **more: Any,
) -> Jepa:
    """Any torch module as a Jepa. Wrap again after a training step: the model is named by a hash of its weights.

    Args:
        image_size: (height, width) of the pixels that `encode` takes, or one number.
        encode: frames [n, 3, height, width] (`video=True`: [n, 3, frames, height, width]) -> [n, ticks, rows, cols, dim], or [n, tokens, dim]
            with `grid`; the module itself unless given. With a parameter `visible` [n, ticks, rows, cols] it is told what it may look
            at and may answer these tokens alone; every row of a call then sees equally many. With `layer` it stops after a block.
        grid: (ticks, rows, cols) of one clip. target: as `encode`, what predictions are compared with; `encode` itself unless given.
        predict: (latents, context, targets) -> latents at the targets, or everywhere. Latents are 0 off the context.
        step: (latents, actions) -> the latents one tick later, tick by tick. rollout: (latents, horizon, actions) -> the latents to come.
        actions: how many numbers an action has, or their names; None: the future needs none, and is given none.
        untrained: seed -> a fresh module of the same kind, or a wrapped one. Without it there is no untrained model.
        more: frames (1), video (False), layers (0), history ((1, ticks)); mean, std, resize ("crop", "stretch"), fps; name, paper, licence, notes, loss, unit.

    Raises:
        BadInput: shapes that do not fit, with both; an option that does not exist.
    """
    calls = {"encode": encode or module, "target": target, "predict": predict, "step": step, "rollout": rollout}
    asked = _Asked(module, {k: f for k, f in calls.items() if f is not None}, _pair(image_size), grid, _action(actions), untrained, _options(more))
    return asked.build()


@dataclass(frozen=True)
class _Options:
    """What `wrap` takes beside the module's functions."""

    frames: int = 1
    video: bool = False
    layers: int = 0
    history: tuple[int, int] | None = None
    card: Mapping[str, Any] | None = None
    prepared: Mapping[str, Any] | None = None


def _options(more: Mapping[str, Any]) -> _Options:
    own = [f.name for f in fields(_Options) if f.name not in ("card", "prepared")]
    strange = [k for k in more if k not in (*own, *_CARD, *_PREPARED)]
    if strange:
        raise BadInput(f"wrap takes no {strange[0]!r}", where=f"{strange[0]}=", fix=f"it takes {', '.join((*own, *_CARD, *_PREPARED))}")
    card = {k: str(more[k]) for k in _CARD if k in more}
    prepared = {"rule" if k == "resize" else k: more[k] for k in _PREPARED if k in more}
    return _Options(**{k: more[k] for k in own if k in more}, card=card, prepared=prepared)


def _pair(size: Size) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or min(pair) < 1:
        raise BadInput(f"image_size={size!r} is no height and width", where="image_size=", fix="give (height, width) in pixels, or one number")
    return int(pair[0]), int(pair[1])


def _action(given: int | Sequence[str] | ActionSpec | None) -> ActionSpec | None:
    if given is None or isinstance(given, ActionSpec):
        return given
    names = tuple(f"action {i}" for i in range(given)) if isinstance(given, int) else tuple(given)
    if not names:
        raise BadInput("an action of no numbers is none", where="actions=", fix="give how many numbers an action has, or leave actions= out")
    n, far = len(names), float("inf")
    return ActionSpec(names, (UNKNOWN,) * n, (-far,) * n, (far,) * n, (0.0,) * n, (1.0,) * n)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One call of `wrap`."""

    module: nn.Module
    calls: Mapping[str, Callable[..., Tensor]]
    size: tuple[int, int]
    grid: tuple[int, int, int] | None
    action: ActionSpec | None
    twin: Twin | None
    options: _Options

    def build(self) -> Jepa:
        """The Jepa around the module; its encoder has been tried on a grey clip."""
        self._check()
        cells = self._cells()
        owners = self._owners()
        hashes = {part: module_hash(owner) for part, owner in owners.items()}
        preparation = self._preparation(cells)
        encoder = WrappedEncoder(self.module, self.calls["encode"], self.calls.get("target"), cells, preparation, hashes, self.options.layers)
        masked = WrappedMasked(encoder, self.calls["predict"]) if "predict" in self.calls else None
        future = {name: self.calls[name] for name in ("step", "rollout") if name in self.calls}
        dynamics = WrappedDynamics(encoder, future, self.action, self.options.history or (1, cells.ticks)) if future else None
        stand_ins = () if "target" in self.calls else (("encoder_target", "encoder_context"),)
        report = LoadReport(f"wrapped {self.name}", "wrapped", tuple(_reports(owners)), self._facts(cells, encoder), stand_ins=stand_ins)
        return Jepa(self._card(cells, hashes, preparation), report, encoder, self.untrained, masked, dynamics)

    @property
    def name(self) -> str:
        """As given, else the class of the module."""
        return (self.options.card or {}).get("name", type(self.module).__name__)

    def untrained(self, seed: int) -> Jepa:
        """The twin.

        Raises:
            PartUnavailable: nobody said how to make one. BadInput: what was made cannot take the module's place.
        """
        if self.twin is None:
            fix = "wrap(…, untrained=f), where f(seed) makes a fresh module of the same kind"
            raise PartUnavailable(f"{self.name} has no untrained model: wrap was given no untrained=", where=f"wrapped {self.name}", fix=fix)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = self.twin(seed)
        if isinstance(made, Jepa):
            return made
        calls = {name: self._moved(name, call, made) for name, call in self.calls.items()}
        card = {**(self.options.card or {}), "name": f"{self.name}, untrained (seed {seed})"}
        options = _Options(**{**{f.name: getattr(self.options, f.name) for f in fields(_Options)}, "card": card})
        return _Asked(made, calls, self.size, self.grid, self.action, self.twin, options).build()

    def _moved(self, name: str, call: Callable[..., Tensor], other: nn.Module) -> Callable[..., Tensor]:
        """The same function of another module."""
        owner = _owner(call)
        path = None if owner is None else next((n for n, m in self.module.named_modules() if m is owner), None)
        if owner is None or path is None:
            raise BadInput(
                f"untrained gave a {type(other).__name__}, but {name} is not one of the module's own functions, so it still means the trained one",
                where="untrained=",
                fix="have untrained(seed) return workbench.wrap(…) of the fresh module",
            )
        place = other.get_submodule(path)
        return place if call is owner else getattr(place, call.__name__)

    def _check(self) -> None:
        for name, call in self.calls.items():
            if not callable(call):
                raise BadInput(f"{name} is a {type(call).__name__}, not a function", where=f"{name}=", fix="give a function or a method")
        if self.action is not None and not {"step", "rollout"} & set(self.calls):
            raise BadInput("actions were named, but nothing that takes them", where="actions=", fix="give step= or rollout= too")

    def _cells(self) -> Cells:
        """The token grid, from what `encode` answers to a grey clip."""
        o, (height, width) = self.options, self.size
        shape = (1, 3, o.frames, height, width) if o.video else (1, 3, height, width)
        grey = torch.zeros(shape)
        with quiet(self.module):
            out = self.calls["encode"](placed(grey, self.module))
        return Cells.of(out, shape, self.grid, self.size, o.frames, video=o.video)

    def _owners(self) -> dict[str, nn.Module]:
        """Part -> the module that computes it; the wrapped one where a function is nobody's own."""
        found = {_CALLS[name]: _owner(call) or self.module for name, call in self.calls.items()}
        return {part: found[part] for part in PARTS if part in found}

    def _preparation(self, cells: Cells) -> Preparation:
        more = dict(self.options.prepared or {})
        rules = Literal["crop", "stretch"].__args__  # type: ignore[attr-defined]
        if more.get("rule", "crop") not in rules:
            raise BadInput(f"resize={more['rule']!r} is no rule", where="resize=", fix=f"one of {', '.join(rules)}")
        alone = self.options.frames == 1 and not {"step", "rollout"} & set(self.calls)
        return Preparation(self.size, cells.patch, cells.tubelet, video=not alone, **more)

    def _facts(self, cells: Cells, encoder: WrappedEncoder) -> tuple[Fact, ...]:
        asked = "given" if self.grid is not None else "read"
        facts = [Fact("grid", cells.shape, asked, "by the caller" if self.grid is not None else "what encode answered to a grey clip")]
        facts.append(Fact("image_size", self.size, "given", "by the caller"))
        if "target" not in self.calls:
            facts.append(Fact("target encoder", "the context encoder itself", "assumed", "no target= was given"))
        blank = "their pixels are set to the mean before encode sees them"
        told = "encode is told which they are, too" if encoder.takes_visible else "encode has no parameter visible"
        facts.append(Fact("hidden tokens", blank, "assumed", told))
        return tuple(facts)

    def _card(self, cells: Cells, hashes: Mapping[str, str], preparation: Preparation) -> ModelCard:
        still = cells.ticks == 1 and self.options.frames == 1
        return ModelCard(
            **{**(self.options.card or {}), "name": self.name},
            family="wrapped",
            image_size=self.size,
            frames=self.options.frames,
            patch=cells.patch,
            tubelet=cells.tubelet,
            dim=cells.dim,
            hashes=dict(hashes),
            samplers=((("ijepa_multiblock", {}),) if still else (("random_tube", {}),)) if "predict" in self.calls else (),
            preprocessing=preparation.sentence(),
        )


def _owner(call: Callable[..., Tensor]) -> nn.Module | None:
    """Whose function it is, where it is a module's own."""
    owner = call if isinstance(call, nn.Module) else getattr(call, "__self__", None)
    return owner if isinstance(owner, nn.Module) else None


def _reports(owners: Mapping[str, nn.Module]) -> list[PartReport]:
    """What each part holds. Weights that several parts share are counted once."""
    counted: set[int] = set()
    found = []
    for part, owner in owners.items():
        state = owner.state_dict()
        fresh = [t for t in state.values() if t.data_ptr() not in counted]
        counted.update(t.data_ptr() for t in fresh)
        kinds = dict.fromkeys(str(t.dtype).removeprefix("torch.") for t in state.values())
        parameters, size = sum(t.numel() for t in fresh), sum(t.numel() * t.element_size() for t in fresh)
        names = tuple(state) or ("(it has no weights)",)
        found.append(PartReport(part, matched=names, dtype=", ".join(kinds), parameters=parameters, bytes=size))
    return found
