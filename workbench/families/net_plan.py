"""A model of any networks, part by part, before its weights are read: what families share that are no plain pair of transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from workbench.core.card import PARTS, Fact, LoadReport, PartReport
from workbench.core.errors import BadInput
from workbench.families.parts import Names, PartPlan, fill_part, left_out, module_hash, plan_part, whole_report
from workbench.families.registry import Request
from workbench.model.jepa import Jepa

_PLAIN_NAMES = ("latest", "jepa-latest", "model", "model_latest", "checkpoint", "weights", "last", "pytorch_model")


@dataclass(frozen=True, eq=False)
class Built:
    """A model whose networks are there, ready to be assembled.

    Args:
        modules, hashes: by part. name: for the card. untrained: the twin, by seed.
    """

    modules: Mapping[str, nn.Module]
    hashes: Mapping[str, str]
    report: LoadReport
    name: str
    untrained: Callable[[int], Jepa]


@dataclass(frozen=True, eq=False)
class NetPlan:
    """Everything that a report says, and how to build the model.

    Args:
        title: of family and size, for the name. found: part -> its tensors. makers: part -> its empty network; one with a method
            `initialise` is initialised by it in the twin. assemble: networks to a Jepa. ignore: part -> canonical name -> why it is
            left out. other: what else the file has.
    """

    family: str
    title: str
    request: Request
    found: Mapping[str, Names]
    makers: Mapping[str, Callable[[], nn.Module]]
    assemble: Callable[[Built], Jepa]
    facts: tuple[Fact, ...]
    ignore: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    other: tuple[str, ...] = ()

    def wanted(self) -> dict[str, Callable[[], nn.Module]]:
        """The networks of the parts that the file has and that `load` was asked for.

        Raises:
            BadInput: no encoder among them.
        """
        wanted = {part: make for part, make in self.makers.items() if self.found.get(part) and self.request.wants(part)}
        if not any(part.startswith("encoder") for part in wanted):
            have = " and ".join(p for p in self.makers if p.startswith("encoder"))
            raise BadInput("there is no Jepa without an encoder", where=f"parts={self.request.parts}", fix=f"ask for {have} too")
        return wanted

    def parts(self) -> dict[str, PartPlan]:
        """The parts that are to be read, matched with the file."""
        return {p: plan_part(self.request.checkpoint, p, make, self.found[p], self.ignore.get(p)) for p, make in self.wanted().items()}

    def report(self, parts: Mapping[str, PartReport] | None = None) -> LoadReport:
        """What was found; `parts` where they were filled meanwhile."""
        checkpoint = self.request.checkpoint
        reports = dict(parts) if parts is not None else {p: plan.report for p, plan in self.parts().items()}
        for part, names in self.found.items():
            if names and part not in reports:
                reports[part] = left_out(part, names, self.request.parts or ())
        other = (*self.other, *(f"{name} = {value}" for name, value in checkpoint.scalars.items()))
        ordered = tuple(reports[p] for p in PARTS if p in reports)
        return LoadReport(str(self.request.asked), self.family, ordered, self.facts, checkpoint.bytes, other)

    def build(self) -> Jepa:
        """The model with its weights."""
        filled = {p: fill_part(plan, self.request) for p, plan in self.parts().items()}
        report = self.report({p: r for p, (_, r, _) in filled.items()})
        modules, hashes = {p: m for p, (m, _, _) in filled.items()}, {p: h for p, (_, _, h) in filled.items()}
        return self.assemble(Built(modules, hashes, report, self.name(), self.untrained))

    def untrained(self, seed: int) -> Jepa:
        """The twin: published initialisation, the same parts."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            modules = {part: _initialised(make()) for part, make in self.wanted().items()}
        for module in modules.values():
            module.to(self.request.device, self.request.dtype).eval().requires_grad_(False)
        reports = tuple(whole_report(part, modules[part]) for part in PARTS if part in modules)
        report = LoadReport(f"untrained, seed {seed}", self.family, reports, (*self.facts, Fact("seed", seed, "given", "of the untrained model")))
        hashes = {part: module_hash(module) for part, module in modules.items()}
        return self.assemble(Built(modules, hashes, report, f"{self.name()}, untrained (seed {seed})", self.untrained))

    def name(self) -> str:
        """For the card: the file or, where it is named like any other, its folder."""
        path, asked = self.request.checkpoint.path, self.request.asked
        stem = path.name.partition(".")[0]
        named = path.parent.name if asked.is_dir() or stem in _PLAIN_NAMES else stem
        return f"{named or Path(path).stem} ({self.title})"


def _initialised(module: nn.Module) -> nn.Module:
    initialise = getattr(module, "initialise", None)
    if initialise is not None:
        initialise()
    return module
