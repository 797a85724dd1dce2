"""One self-contained module text out of several small JavaScript files, as both hosts want it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from widgets.palette import properties

_HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w.]+)";[ \t]*\n', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:function|const|let|class)\b)", re.MULTILINE)
_EXPORTED = re.compile(r"^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)", re.MULTILINE)
_RENAMED = re.compile(r"\s+as\s+")


@cache
def esm(view: str) -> str:
    """One ES module: the view with everything it imports from its neighbours, each neighbour in a scope of its own.

    Args:
        view: file name beside this one, as "patch_canvas.js".
    """
    parts: dict[str, str] = {}
    body = _join((_HERE / view).read_text("utf-8"), parts)
    return "\n".join([*parts.values(), body])


@cache
def css(*sheets: str) -> str:
    """The colours that mean something, the kit's style, then these sheets.

    Args:
        sheets: file names beside this one, as "patch_canvas.css".
    """
    return "\n".join([properties(), *((_HERE / name).read_text("utf-8") for name in ("_kit.css", *sheets))])


def _join(source: str, parts: dict[str, str]) -> str:
    """The source with its imports bound to scopes in `parts`; adds the scopes that are not there yet, deepest first."""

    def bind(match: re.Match[str]) -> str:
        names, file = match.groups()
        _add(file, parts)
        return f"const {{ {_RENAMED.sub(': ', names.strip().rstrip(','))} }} = {_scope(file)};\n"

    return _IMPORT.sub(bind, source)


def _add(file: str, parts: dict[str, str]) -> None:
    if file in parts:
        return
    source = (_HERE / file).read_text("utf-8")
    names = ", ".join(_EXPORTED.findall(source))
    body = _EXPORT.sub("", _join(source, parts))
    parts[file] = f"const {_scope(file)} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();"


def _scope(file: str) -> str:
    return "$" + re.sub(r"\W", "_", file.removesuffix(".js"))
