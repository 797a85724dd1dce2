"""Find published checkpoints by words, and one of them by its name."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import BadInput
from workbench.published.table import PUBLISHED, Published


def search(words: Sequence[str] = (), family: str | None = None) -> tuple[Published, ...]:
    """Those that hold every word somewhere in what is known of them, in the order of the table.

    Raises:
        BadInput: nothing is published for a family of that name.
    """
    families = tuple(dict.fromkeys(p.family for p in PUBLISHED))
    if family is not None and family not in families:
        raise BadInput(f"nothing is listed for a family {family!r}", where="--family", fix=f"one of {', '.join(families)}")
    wanted = [w.lower() for w in words]
    return tuple(p for p in PUBLISHED if family in (None, p.family) and all(w in p.words for w in wanted))


def one(words: Sequence[str], family: str | None = None) -> Published:
    """The one that is named, or that these words leave.

    Raises:
        BadInput: none or several are left.
    """
    exact = next((p for p in PUBLISHED if len(words) == 1 and p.name == words[0]), None)
    if exact is not None:
        return exact
    found = search(words, family)
    if len(found) == 1:
        return found[0]
    said = " ".join(words) or "nothing"
    few = ", ".join(p.name for p in found[:8]) + (" …" if len(found) > 8 else "")
    fix = f"name one: {few}" if found else "jepa-workbench catalogue lists all"
    raise BadInput(f"{len(found)} published checkpoints fit {said!r}", where="catalogue", fix=fix)
