"""A checkpoint as it would be without the wrappers that trainers put around a model: containers, DDP, FSDP, torch.compile, Lightning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.checkpoints.checkpoint import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.errors import AmbiguousModel, CheckpointError

# Words that stand anywhere in a name, and words that stand in front of a whole model.
_INSIDE = frozenset({"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
_PARALLEL = "module"  # of DataParallel; two published families are told apart by where it stands, so it is removed in a second step
_EMA = frozenset({"ema_state_dict", "model_ema", "ema_model", "ema", "state_dict_ema", "teacher"})
_CONTAINERS = frozenset({"model", "state_dict", "checkpoint", "net", "model_state_dict", "module_state_dict", "network", *_EMA})
_ROLES = {"encoder": "encoder", "context_encoder": "encoder", "target_encoder": "target_encoder", "ema_encoder": "ema_encoder"}
_TIMM, _TIMM_BLOCK = "patch_embed.proj.weight", "blocks.0.norm1.weight"
_TRANSFORMERS = (
    "encoder.embeddings.patch_embeddings.proj.weight",
    "embeddings.patch_embeddings.projection.weight",
    "embeddings.patch_embeddings.weight",
)
_FLATTENED = "_flat_param"


@dataclass(frozen=True)
class View:
    """A checkpoint under other names.

    Args:
        removed: what was removed from the names, in the order in which it stood; "" where nothing was. tensors: how many names changed.
    """

    checkpoint: Checkpoint
    removed: str = ""
    tensors: int = 0


def views(checkpoint: Checkpoint) -> Iterator[View]:
    """The file as it is, without wrappers, and with its one encoder placed where a whole model has it. Only views that differ are given.

    Raises:
        AmbiguousModel: two models lie in it under different wrappers. CheckpointError: the weights are flattened by FSDP.
    """
    yield View(checkpoint)
    flat = next((name for name in checkpoint.tensors if name.endswith(_FLATTENED)), None)
    if flat is not None:
        fix = "save it with StateDictType.FULL_STATE_DICT, or torch.distributed.checkpoint.state_dict.get_model_state_dict(full_state_dict=True)"
        raise CheckpointError(f"{flat[:80]} is a flattened parameter of FSDP: its tensors cannot be told apart", where=str(checkpoint.path), fix=fix)
    known = [{stored: stored for stored in checkpoint.tensors}]
    outer, _ = _unwrapped(checkpoint, _INSIDE)
    plain, ema = _unwrapped(checkpoint, _INSIDE | {_PARALLEL})
    for names in (outer, plain, _placed(plain, ema)):
        if names is not None and names not in known:
            known.append(names)
            yield _view(checkpoint, names)


def _view(checkpoint: Checkpoint, names: dict[str, str]) -> View:
    """The checkpoint under these names: new name -> name in the file."""
    removed: dict[str, None] = {}
    changed = 0
    for name, stored in names.items():
        kept = name.split(".")
        words = stored.split(".")
        # From the end: what a name and its new form share is kept, what stands between or before was a wrapper.
        gone = []
        for word in reversed(words):
            if kept and kept[-1] == word:
                kept.pop()
            else:
                gone.append(word)
        changed += bool(gone)
        removed |= dict.fromkeys(reversed(gone))
    return View(renamed(checkpoint, names), "".join(f"{word}." for word in removed), changed)


def _unwrapped(checkpoint: Checkpoint, inside: frozenset[str]) -> tuple[dict[str, str], bool]:
    """Name without wrappers -> name in the file, and whether a container of averaged weights was among them.

    Args:
        inside: words that are removed wherever they stand.
    """
    names = {_without_inner(stored, inside): stored for stored in checkpoint.tensors}
    if len(names) < len(checkpoint.tensors):
        return {stored: stored for stored in checkpoint.tensors}, False  # two would share a name; the families say which
    ema = False
    while True:
        found = [w for w in dict.fromkeys(n.partition(".")[0] for n in names) if w in _CONTAINERS or w == _PARALLEL]
        shorter = {_without_first(name, found): stored for name, stored in names.items()}
        if shorter == names:
            return names, ema
        if len(shorter) < len(names):
            what = " and ".join(f"{w} ({sum(n.startswith(w + '.') for n in names)} tensors)" for w in found)
            fix = f"save one of them alone: torch.save(torch.load(FILE, weights_only=True)[{found[0]!r}], NEW)"
            raise AmbiguousModel(f"two models lie in it: {what}", where=str(checkpoint.path), fix=fix)
        names, ema = shorter, ema or not _EMA.isdisjoint(found)


def _without_inner(name: str, inside: frozenset[str]) -> str:
    words = name.split(".")
    return ".".join([*(w for w in words[:-1] if w not in inside), words[-1]])


def _without_first(name: str, containers: list[str]) -> str:
    first, _, rest = name.partition(".")
    return rest if rest and first in containers else name


def _placed(names: dict[str, str], ema: bool) -> dict[str, str] | None:
    """Names in which the encoder that the file holds stands where the families look for it; None where there is none, or several."""
    for kernel in _TRANSFORMERS:
        found = [n.removesuffix(kernel) for n in names if n == kernel or n.endswith(f".{kernel}")]
        if len(found) == 1:
            return {n.removeprefix(found[0]): stored for n, stored in names.items() if n.startswith(found[0])}
    trunks = [p for n in names if n == _TIMM or n.endswith(f".{_TIMM}") if (p := n.removesuffix(_TIMM)) + _TIMM_BLOCK in names]
    roles = {p: p.removesuffix(".").rpartition(".")[2] for p in trunks}
    if trunks and len({_ROLES.get(role, "") for role in roles.values()} - {""}) == len(trunks):
        bases = {p[: len(p) - len(role) - 1] for p, role in roles.items()}
        return _from_base(names, bases.pop()) if len(bases) == 1 else None
    if len(trunks) != 1:
        return None
    role = "target_encoder" if ema else "encoder"
    inner = {f"{role}.{n.removeprefix(trunks[0])}": stored for n, stored in names.items() if n.startswith(trunks[0])}
    return inner | {n: stored for n, stored in names.items() if not n.startswith((trunks[0], f"{role}."))}


def _from_base(names: dict[str, str], base: str) -> dict[str, str]:
    """Names that begin with the base, without it, and their roles in the words of the families; what else lies in the file keeps its names."""
    inner: dict[str, str] = {}
    for name, stored in names.items():
        if name.startswith(base):
            role, _, rest = name.removeprefix(base).partition(".")
            inner[f"{_ROLES.get(role, role)}.{rest}" if rest else role] = stored
    return inner | {n: stored for n, stored in names.items() if not n.startswith(base) and n not in inner}
