from __future__ import annotations

import inspect
import re

import pytest

from workbench.core import errors
from workbench.core.wire import pack_error, unpack_error

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.WorkbenchError)]


def test_an_error_shows_what_where_and_what_to_do() -> None:
    assert str(errors.BadInput("two heads", where="a.pth", fix="give heads=2")) == "two heads (a.pth)\n  → give heads=2"
    assert str(errors.BadInput("two heads")) == "two heads"


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_crosses_a_process_border_with_its_parts(cls: type[errors.WorkbenchError]) -> None:
    again = unpack_error(pack_error(cls("what", where="where", fix="fix")))
    assert type(again) is cls
    assert (again.what, again.where, again.fix) == ("what", "where", "fix")


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if re.match(r"^[│├└─ ]*[A-Z]\w+ {2,}", line)]
    drawn: dict[str, int] = {m[2]: len(m[1]) // 4 for line in lines if (m := re.match(r"^([│├└─ ]*)(\w+)", line))}
    real = {c.__name__: len(c.__mro__) - len(errors.WorkbenchError.__mro__) for c in CLASSES}
    assert drawn == real


def test_cancelled_needs_no_words() -> None:
    assert str(errors.Cancelled()) == "cancelled"
