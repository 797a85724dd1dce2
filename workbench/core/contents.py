"""What a file of Python objects holds, found without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.codec import portable

_COMMANDS = ("os", "posix", "nt", "subprocess", "sys", "socket", "shutil", "pty", "runpy", "importlib", "ctypes", "webbrowser", "urllib", "requests")
RESULT = "the result of "  # before a name: what that class or function returns is called in its turn
_GETATTR = ("builtins.getattr", "__builtin__.getattr")  # how a bound method is pickled; an attack calls what it finds
_RUNNING = ("eval", "exec", "execfile", "compile", "open", "setattr", "delattr", "__import__", "apply", "input", "breakpoint")


@portable
@dataclass(frozen=True)
class TensorFacts:
    """One tensor of a file, as stored."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@portable
@dataclass(frozen=True)
class Contents:
    """A file that would have to run code to be loaded, as its opcodes describe it.

    Args:
        kind: "torch", "torch (legacy)", "pickle" or "torch script". classes: what would be called, in order, each once.
        tensors: that can be seen, under the names a conversion gives them. left_out: (name, class) of objects that are neither weights nor plain data.
        single: the whole file is one object, as torch.save(model) writes it. settings: top-level entries that are plain data. damage: why the description ends early, "" where it does not.
    """

    path: str
    kind: str
    bytes: int
    classes: tuple[str, ...]
    tensors: tuple[TensorFacts, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    damage: str = ""
    single: bool = False

    @property
    def alarming(self) -> tuple[str, ...]:
        """Of the classes, those that no checkpoint needs: they run commands, open sockets, or reach for whatever they like."""
        return tuple(c for c in self.classes if _is_alarming(c))

    @property
    def ordered(self) -> tuple[str, ...]:
        """All classes, those that no checkpoint needs first."""
        return tuple(sorted(self.classes, key=lambda c: not _is_alarming(c)))

    @property
    def numbers(self) -> int:
        """Bytes of all tensors."""
        return sum(t.bytes for t in self.tensors)

    def sentence(self) -> str:
        """In one line: what it would run, and what can be seen in it."""
        if self.kind == "torch script" or not self.classes:
            return self.what
        ordered = self.ordered
        more = f" and {len(ordered) - 5} more" if len(ordered) > 5 else ""
        names = f"{', '.join(ordered[:5])}{more}"
        if self.alarming:
            words = f"holds Python objects that would run code: {names}; no checkpoint needs that, so it may be an attack"
        else:
            words = f"{self.what}: to load it, Python would have to call {names}"
        if self.tensors:
            count = "one tensor" if len(self.tensors) == 1 else f"{len(self.tensors)} tensors"
            words += f"; {count} can be seen in it, {self.tensors[0].name} {list(self.tensors[0].shape)} first"
        return f"{words}; {self.damage}" if self.damage else words

    @property
    def what(self) -> str:
        """What kind of file it is, where nothing in it looks like an attack."""
        if self.kind == "torch script":
            return "is a TorchScript archive: it holds a program, not only weights"
        if not self.classes:
            return "is a bare Python pickle, not written by torch.save"
        return "is a pickled object, not weights" if self.single else "holds pickled objects, not weights alone"

    def advice(self) -> str:
        """What the user can do."""
        again = "save it again as a dict of tensors, torch.save(model.state_dict(), …), or as safetensors"
        if self.alarming or self.damage or not self.tensors:
            return f"do not load it; where you know its author, {again}" if self.alarming else again
        return f"jepa-workbench convert {self.path} --trust turns its tensors into safetensors, without running it; or {again}"


def _is_alarming(path: str) -> bool:
    if path.startswith(RESULT):
        return path.removeprefix(RESULT) in _GETATTR
    module, _, leaf = path.rpartition(".")
    root = module.partition(".")[0]
    return root in _COMMANDS or (module in ("builtins", "__builtin__") and leaf in _RUNNING)
