"""What I-JEPA and the V-JEPAs have in common: an encoder, its EMA copy and a predictor, made into a Jepa with a card and a report."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workbench.checkpoints import Checkpoint
from workbench.core.card import PARTS, Fact, LoadReport, ModelCard, PartReport
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.parts import Names, PartPlan, fill_part, left_out, module_hash, names_by_group, plan_part, whole_report
from workbench.families.prepare import Preparation
from workbench.families.registry import Request
from workbench.families.sizes import by_shape
from workbench.model.jepa import Jepa
from workbench.nn.head import AttentiveHead
from workbench.nn.parts import VitEncoder, VitMasked
from workbench.nn.vit import PredictorConfig, Vit, VitConfig, VitPredictor

GROUPS = {"encoder": "encoder_context", "target_encoder": "encoder_target", "predictor": "masked"}
_WEIGHTS = {"context": "encoder_context", "target": "encoder_target"}
_PLAIN_NAMES = ("latest", "jepa-latest", "model", "checkpoint", "weights")
_MOST_BLOCKS = 512


def shape_of(checkpoint: Checkpoint, names: Names, name: str) -> tuple[int, ...] | None:
    """The shape of a tensor by its canonical name; None where there is none."""
    return checkpoint.tensors[names[name]].shape if name in names else None


@dataclass(frozen=True)
class Tower:
    """What the tensors say of a stack of blocks."""

    dim: int
    depth: int
    hidden: int


def tower(checkpoint: Checkpoint, names: Names, prefix: str, dim: int) -> Tower:
    """Depth and MLP width of the blocks named "prefix.0.…".

    Raises:
        CheckpointError: there are no such blocks, or absurdly many.
    """
    found = {int(n.split(".")[1]) for n in names if n.startswith(f"{prefix}.") and n.split(".")[1].isdecimal()}
    fc1 = next((s for i in sorted(found) if (s := shape_of(checkpoint, names, f"{prefix}.{i}.mlp.fc1.weight"))), None)
    if not found or fc1 is None or max(found) >= _MOST_BLOCKS:
        raise CheckpointError(
            f"no transformer blocks {prefix}.0 to {prefix}.n with an mlp were found", where=str(checkpoint.path), fix="open another file"
        )
    return Tower(dim, max(found) + 1, fc1[0])


def found_parts(request: Request, names: Mapping[str, str] = GROUPS) -> dict[str, Names]:
    """Part name -> its tensors in the file, of those that `load` was asked for.

    Args:
        names: top-level entry of the file -> part.

    Raises:
        CheckpointError: no encoder in it. BadInput: the parts asked for cannot stand alone.
    """
    groups = names_by_group(request.checkpoint)
    found = {part: groups[group] for group, part in names.items() if groups.get(group)}
    encoders = [p for p in found if p.startswith("encoder")]
    if not encoders:
        listed = " nor ".join(group for group, part in names.items() if part.startswith("encoder"))
        raise CheckpointError(f"it holds neither {listed}", where=str(request.checkpoint.path), fix="there is no Jepa without one")
    wanted = [p for p in encoders if request.wants(p)]
    if not wanted:
        why = f"parts={request.parts}" if request.parts else str(request.checkpoint.path)
        raise BadInput("there is no Jepa without an encoder", where=why, fix=f"the file has {' and '.join(encoders)}: ask for one of them")
    if request.parts and "masked" in request.parts and "encoder_context" in found and "encoder_context" not in wanted:
        raise BadInput("the predictor works on the context encoder", where=f"parts={request.parts}", fix='ask for "encoder_context" too')
    return found


def encoder_names(checkpoint: Checkpoint, found: Mapping[str, Names], kernel: str) -> Names:
    """The encoder whose shapes speak for both: the first that has its patch kernel."""
    both = [found[p] for p in ("encoder_target", "encoder_context") if p in found]
    return next((names for names in both if shape_of(checkpoint, names, kernel)), both[0])


@dataclass(frozen=True, eq=False)
class VitPlan:
    """A model before its weights are read: everything that its report says, and how to build it.

    Args:
        found: part -> its tensors. predictor: None where the file has none. default_token: mask token of a plain `predict`.
        ignore: part -> canonical name -> why it is left out. card: without name, hashes and what `config` says.
        groups: top-level entries of the file that are read. encoding, predicting: how the parts are made of the filled networks.
        stand_ins: as in LoadReport; the predictor may be fed by the target encoder where the file has no other.
    """

    family: str
    title: str
    request: Request
    found: Mapping[str, Names]
    config: VitConfig
    predictor: PredictorConfig | None
    preparation: Preparation
    facts: tuple[Fact, ...]
    card: Mapping[str, Any] = field(default_factory=dict)
    ignore: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    default_token: int = 0
    groups: Mapping[str, str] = field(default_factory=lambda: GROUPS)
    encoding: type[VitEncoder] = VitEncoder
    predicting: Callable[[Any, Any, int], VitMasked] = VitMasked
    stand_ins: tuple[tuple[str, str], ...] = ()

    def makers(self) -> dict[str, Callable[[], nn.Module]]:
        """Part -> how to build it empty."""
        makers: dict[str, Callable[[], nn.Module]] = {part: self.config.make for part in _WEIGHTS.values() if part in self.found}
        if self.predictor is not None and "masked" in self.found:
            predictor = self.predictor
            makers["masked"] = lambda: predictor.make(self.config)
        return {part: make for part, make in makers.items() if self.request.wants(part)}

    def parts(self) -> dict[str, PartPlan]:
        """The parts that are to be read, matched with the file."""
        return {p: plan_part(self.request.checkpoint, p, make, self.found[p], self.ignore.get(p)) for p, make in self.makers().items()}

    def report(self, parts: Mapping[str, PartReport] | None = None) -> LoadReport:
        """What was found; `parts` where they were filled meanwhile."""
        checkpoint = self.request.checkpoint
        reports = dict(parts) if parts is not None else {p: plan.report for p, plan in self.parts().items()}
        for part, names in self.found.items():
            if part not in reports:
                reports[part] = left_out(part, names, self.request.parts or ())
        other = [f"{g}: {n} tensors" for g, n in checkpoint.groups().items() if g not in self.groups]
        other += [f"{name} = {value}" for name, value in checkpoint.scalars.items()]
        ordered = tuple(reports[p] for p in PARTS if p in reports)
        return LoadReport(str(self.request.asked), self.family, ordered, self.facts, checkpoint.bytes, tuple(other), self.stand_ins)

    def build(self) -> Jepa:
        """The model with its weights."""
        filled = {p: fill_part(plan, self.request) for p, plan in self.parts().items()}
        report = self.report({p: r for p, (_, r, _) in filled.items()})
        return self._assemble({p: m for p, (m, _, _) in filled.items()}, {p: h for p, (_, _, h) in filled.items()}, report, self._name())

    def untrained(self, seed: int) -> Jepa:
        """The twin: published initialisation, target a copy of context, the same parts."""
        modules: dict[str, nn.Module] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            vit = self.config.make().initialise()
            for part, make in self.makers().items():
                modules[part] = copy.deepcopy(vit) if part in _WEIGHTS.values() else _initialised(make())
        for part, module in modules.items():
            modules[part] = module.to(self.request.device, self.request.dtype).eval().requires_grad_(False)
        reports = tuple(whole_report(part, module) for part, module in modules.items())
        facts = (*self.facts, Fact("seed", seed, "given", "of the untrained model"))
        report = LoadReport(f"untrained, seed {seed}", self.family, reports, facts, stand_ins=self.stand_ins)
        return self._assemble(modules, {p: module_hash(m) for p, m in modules.items()}, report, f"{self._name()}, untrained (seed {seed})")

    def _assemble(self, modules: Mapping[str, nn.Module], hashes: Mapping[str, str], report: LoadReport, name: str) -> Jepa:
        c = self.config
        card = ModelCard(
            **{"unit": "layer-normed features", **self.card},
            family=self.family,
            name=name,
            image_size=self.preparation.size,
            fps=self.preparation.fps,
            patch=(c.patch, c.patch),
            tubelet=c.tubelet,
            dim=c.dim,
            hashes=dict(hashes),
            preprocessing=self.preparation.sentence(),
        )
        vits = {w: m for w, p in _WEIGHTS.items() if isinstance(m := modules.get(p), Vit)}
        spaces = {w: f"{w}:{hashes[_WEIGHTS[w]][:12]}" for w in vits}
        spaces.setdefault("target", f"target of {spaces.get('context', '')}")
        encoder = self.encoding(vits, self.preparation, spaces)
        predictor = modules.get("masked")
        fed = report.serving("encoder_context").name in modules
        masked = self.predicting(encoder, predictor, self.default_token) if isinstance(predictor, VitPredictor) and fed else None
        return Jepa(card, report, encoder, self.untrained, masked)

    def _name(self) -> str:
        path, asked, c = self.request.checkpoint.path, self.request.asked, self.config
        stem = path.name.partition(".")[0]
        named = _called(path.parent) if asked.is_dir() or stem in _PLAIN_NAMES else stem
        size = by_shape(c.dim, c.depth, c.hidden)
        return f"{named or Path(path).stem} ({self.title} {size.short if size else f'{c.dim}×{c.depth}'}/{c.patch})"


def _called(folder: Path) -> str:
    """The name of a folder; of one in the cache of Hugging Face, where it is a hash, that of the repository."""
    repository = folder.parent.parent.name
    cached = folder.parent.name == "snapshots" and repository.startswith("models--")
    return repository.rpartition("--")[2] if cached else folder.name


def _initialised(module: nn.Module) -> nn.Module:
    return module.initialise() if isinstance(module, VitPredictor | AttentiveHead) else module
