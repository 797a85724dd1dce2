"""From named tensors to a filled module, with a report of what matched. What was not found becomes NaN: it can never pass for weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.checkpoint import Fingerprint, is_finite
from workbench.core.card import PartReport
from workbench.core.errors import CheckpointError
from workbench.families.registry import Request

_PREFIXES = ("module.", "backbone.", "_orig_mod.")
Names = dict[str, str]  # canonical name -> name in the file


def strip(name: str) -> str:
    """A name without what DDP, the multi-mask wrappers and torch.compile put before it."""
    while name.startswith(_PREFIXES):
        name = name.partition(".")[2]
    return name


def names_by_group(checkpoint: Checkpoint) -> dict[str, Names]:
    """Top-level entry -> canonical name within it -> name in the file.

    Raises:
        CheckpointError: two names become one when their prefixes are dropped.
    """
    groups: dict[str, Names] = {}
    for stored in checkpoint.tensors:
        group, _, rest = strip(stored).partition(".")
        names, name = groups.setdefault(group, {}), strip(rest)
        if name in names:
            raise CheckpointError(
                f"{stored} and {names[name]} are the same tensor without their prefixes", where=str(checkpoint.path), fix="save one of them"
            )
        names[name] = stored
    return groups


@dataclass(frozen=True, eq=False)
class PartPlan:
    """A part before its weights are read.

    Args:
        make: builds the empty module. names: of the tensors that fit, canonical -> in the file. expected: all that the module has.
    """

    make: Callable[[], nn.Module]
    names: Names
    expected: Mapping[str, Tensor]
    report: PartReport


def plan_part(checkpoint: Checkpoint, part: str, make: Callable[[], nn.Module], found: Names, ignore: Mapping[str, str] | None = None) -> PartPlan:
    """Match what a module expects with what the file has; nothing is read.

    Args:
        part: one of PARTS. ignore: canonical name -> why it is left out on purpose.

    Raises:
        CheckpointError: a tensor that would fit holds no floating numbers.
    """
    with torch.device("meta"):
        expected = make().state_dict()
    ignored = {n: why for n, why in (ignore or {}).items() if n in found and n not in expected}
    infos = {n: checkpoint.tensors[found[n]] for n in found if n in expected}
    fitting = {n: i for n, i in infos.items() if i.shape == tuple(expected[n].shape)}
    whole_numbers = [i for i in fitting.values() if not i.dtype.startswith(("float", "bfloat"))]
    if whole_numbers:
        raise CheckpointError(
            f"{whole_numbers[0].name} is stored as {whole_numbers[0].dtype}: quantised weights are not read",
            where=str(checkpoint.path),
            fix="save the weights as float16 or float32",
        )
    report = PartReport(
        part,
        matched=tuple(fitting),
        missing=tuple(n for n in expected if n not in infos),
        unexpected=tuple(n for n in found if n not in expected and n not in ignored),
        reshaped=tuple((n, tuple(expected[n].shape), i.shape) for n, i in infos.items() if n not in fitting),
        ignored=tuple(ignored.items()),
        parameters=sum(expected[n].numel() for n in fitting),
        bytes=sum(i.bytes for i in fitting.values()),
        dtype=", ".join(dict.fromkeys(i.dtype for i in fitting.values())),
    )
    return PartPlan(make, {n: found[n] for n in fitting}, expected, report)


def fill_part(plan: PartPlan, request: Request) -> tuple[nn.Module, PartReport, str]:
    """The module with its weights, in evaluation mode; the report, now also of values that are not finite; the part's hash."""
    nowhere = torch.full((), torch.nan, dtype=request.dtype, device=request.device)
    weights = {name: nowhere.expand(t.shape) for name, t in plan.expected.items()}
    broken, prints = [], Fingerprint()
    for name in sorted(plan.names):
        stored = request.checkpoint.value(plan.names[name])
        prints.add(name, stored)
        if not is_finite(stored):
            broken.append(name)
        weights[name] = stored.to(device=request.device, dtype=request.dtype).contiguous()
    with torch.device("meta"):
        module = plan.make()
    module.load_state_dict(weights, strict=True, assign=True)
    return module.eval().requires_grad_(False), replace(plan.report, nonfinite=tuple(broken)), prints.hex()


def module_hash(module: nn.Module) -> str:
    """The hash of a part that was built, not loaded."""
    prints = Fingerprint()
    for name, tensor in sorted(module.state_dict().items()):
        prints.add(name, tensor)
    return prints.hex()


def left_out(part: str, names: Names, parts: Iterable[str]) -> PartReport:
    """The report of a part that the file has and nobody asked for."""
    return PartReport(part, ignored=((f"{len(names)} tensors", f"not asked for: parts={tuple(parts)}"),))


def whole_report(part: str, module: nn.Module) -> PartReport:
    """The report of a part that was built, not loaded."""
    state = module.state_dict()
    dtype = str(next(iter(state.values())).dtype).removeprefix("torch.")
    parameters = sum(t.numel() for t in state.values())
    return PartReport(part, matched=tuple(state), parameters=parameters, bytes=sum(t.numel() * t.element_size() for t in state.values()), dtype=dtype)
