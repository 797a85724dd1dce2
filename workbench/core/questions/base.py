"""What a question is, what is said about its type, and how a type is registered."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

import numpy as np

from workbench.core import codec, plugins
from workbench.core.card import BankKey, ClipKey, FileKey, FolderKey, LoadReport, ModelKey, RunKey, VectorsKey

Lane = Literal["model", "heavy", "reading"]
Key = ModelKey | ClipKey | FolderKey | BankKey | FileKey | VectorsKey | RunKey
Answer = TypeVar("Answer")
_Type = TypeVar("_Type", bound="type[Question[Any]]")
_types: dict[str, type[Question[Any]]] = {}


@dataclass(frozen=True)
class About:
    """What is said about a type of question, once for all who need it.

    Args:
        name: of the function of `import workbench as jw` that answers it.
        needs: parts of the model that must have loaded whole. instead: other sets of parts that serve as well.
        title, formula, source, cannot: what the ⓘ shows: how it is computed, where it was published, what it cannot tell.
        lane: which worker lane runs it; "reading": a process that reads this file and no other. urgent: a person waits for it; it may overtake work that reports progress.
        version: raised when its numbers change, so that stored results are not mixed.
        kept: long work on clips that are not shown again: a worker keeps the answer, not the intermediate results.
        fits: what is fitted is kept by the worker and found again by its question; the answer that is sent is this attribute of it.
        measure: the module of the function that answers it; "" = the one in workbench.measures that is named as its topic.
        number: the property of the answer that the sentence on screen states, and that the printed lines of Python reproduce.
    """

    name: str
    needs: tuple[str, ...] = ()
    title: str = ""
    formula: str = ""
    source: str = ""
    cannot: str = ""
    lane: Lane = "model"
    urgent: bool = True
    version: int = 1
    instead: tuple[tuple[str, ...], ...] = ()
    kept: bool = False
    fits: str = ""
    measure: str = ""
    number: str = ""

    def needed(self, report: LoadReport) -> tuple[str, ...]:
        """The parts that it would work on in this model: the first set that is whole, else `needs`."""
        sets = (self.needs, *self.instead)
        return next((s for s in sets if all(report.serving(n).status == "whole" for n in s)), self.needs)

    def refusal(self, report: LoadReport) -> str:
        """Why it cannot run on this model; "" when it can."""
        bad = [part for n in self.needed(report) if (part := report.serving(n)).status != "whole"]
        return "; ".join(p.sentence() for p in bad)


class Question(Generic[Answer]):
    """Something that can be asked. Subclasses are frozen dataclasses of keys, numbers, texts and arrays, compared by `digest`.

    A field that is a question itself names what was fitted by that question.

    Attributes:
        about: of the type.
    """

    about: ClassVar[About]

    @property
    def digest(self) -> str:
        """Equal for two questions that ask the same: a hash of the type, its version and every field, the bytes of arrays included."""
        found = hashlib.blake2b(f"{type(self).__name__} {self.about.version}".encode(), digest_size=16)
        for pair in self.fields().items():
            _add(found, pair)
        return found.hexdigest()

    @property
    def topic(self) -> str:
        """The module that its type is declared in."""
        return type(self).__module__.rpartition(".")[2]

    def keys(self) -> list[Key]:
        """The models, clips and banks that it names."""
        return [value for value in self.fields().values() if isinstance(value, Key)]

    def fields(self) -> dict[str, Any]:
        """What it asks, by the names of its fields."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # type: ignore[arg-type]  # every subclass is a dataclass

    @classmethod
    def usual(cls) -> dict[str, Any]:
        """The defaults of its fields; `dataclasses.MISSING` where one has none."""
        return {f.name: f.default for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # every subclass is a dataclass


def question(name: str, **about: Any) -> Callable[[_Type], _Type]:
    """Class decorator: a type of question.

    Args:
        name, about: see `About`.
    """

    def register(cls: _Type) -> _Type:
        cls.about = About(name, **about)
        _types[cls.__name__] = cls
        return codec.portable(cls)

    return register


@cache
def questions() -> Mapping[str, type[Question[Any]]]:
    """Every type of question by the name of its class.

    The topics beside this file and entry points of the group `jepa_workbench.questions` are imported for it.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    plugins.load("jepa_workbench.questions", "question", "it cannot be asked", _types)
    return _types


def _add(found: Any, value: object) -> None:
    """Add a value to a hash so that no two different values add the same bytes."""
    head, body, inner = type(value).__name__, memoryview(repr(value).encode()), list[Any]()
    own = getattr(value, "digest", None)
    if isinstance(own, str):
        body = memoryview(own.encode())
    elif isinstance(value, np.ndarray):
        array = np.ascontiguousarray(cast("np.ndarray[Any, np.dtype[Any]]", value))
        head, body = f"array {array.dtype.str} {array.shape}", array.reshape(-1).view(np.uint8).data  # a view: vectors may be gigabytes
    elif isinstance(value, tuple | list):
        inner = list(cast("list[Any]", value))
        head, body = f"row of {len(inner)}", memoryview(b"")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner, body = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)], memoryview(b"")
    found.update(f"{head} {len(body)}:".encode())
    found.update(body)
    for each in inner:
        _add(found, each)
