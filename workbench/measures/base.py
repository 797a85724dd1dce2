"""The decorator of every measure: it refuses parts that are missing or did not load whole, and computes with as many threads as help."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import Any, TypeVar, cast

from workbench.core.questions import About, Question
from workbench.measures.catalogue import entry

F = TypeVar("F", bound=Callable[..., Any])
_SMALL = 5_000_000  # parameters below which one thread is faster than several: its products are too small to share


def measure(function: F) -> F:
    """Check the parts that the catalogue lists for this function, then run it.

    Raises:
        PartUnavailable: with the counts of what is missing.
    """
    return _checked(function, entry(function.__name__))


def _checked(function: F, about: About) -> F:
    @functools.wraps(function)
    def checked(jepa: Any, *args: Any, **kwargs: Any) -> Any:
        jepa.report.require(*about.needed(jepa.report))
        with threads_for(jepa):
            return function(jepa, *args, **kwargs)

    return cast(F, checked)


_answers: dict[type[Question[Any]], Callable[..., Any]] = {}


def answers(kind: type[Question[Any]]) -> Callable[[F], F]:
    """The function is the measure that answers this type of question; see `measure`.

    It takes what the fields of the question name: a model as `jepa`, a clip and a bank as they are, everything else under the name of its field.
    """

    def register(function: F) -> F:
        asks_model = "model" in kind.usual()
        checked = _checked(function, kind.about) if asks_model else function
        _answers[kind] = checked
        return checked

    return register


def answering(question: Question[Any]) -> Callable[..., Any]:
    """The measure that answers a question; see `About.measure` for where it is looked for."""
    if type(question) not in _answers:
        import_module(question.about.measure or f"workbench.measures.{question.topic}")
    return _answers[type(question)]


@contextmanager
def threads_for(jepa: Any) -> Iterator[None]:
    """One thread while a small model computes; for a large one as many as torch was told to use."""
    with one_thread() if sum(p.parameters for p in jepa.report.parts) < _SMALL else nullcontext():
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for what is small: others would not make it faster, and keep their cores busy while they wait for work."""
    import torch  # not above: measures of vectors need no torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
