"""Texts on screen, in the terminal and in the documentation use the field's terms: words that newcomers stumbled over do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/boards.md")
# What a text must not say -> what it says in its place. A pattern is of whole words; keys and identifiers, which are one word, are not texts.
PLAIN: Mapping[str, str] = {
    r"twins?": "untrained (of a model), counterpart or pair (of a video)",
    r"quilts?": "nearest-patch reconstruction",
    r"yardsticks?": "baseline",
    r"foretold|foretells?|foresees?|foreseen|imagin\w+": "predicted, predicts",
    r"films?|reels?": "video",
    r"nobody|anecdotes?|clever|doing nothing": "say what is measured, or that it is not known",
    r"errs?": "error is …, beside its baseline",
    r"staying": "no-op",
    r"truly|really (?:done|gone|made)|what (?:comes|came)": "ground truth",
    r"not asked for|nor asked for": "not predicted",
    r"put back|go on": "reset agent, resume",
    r"known (?:frames?|ticks?)": "context frames",
    r"drawn by|draws|drawn for": "decoder, decoder prior, sample",
    r"in (?:its|their) own eyes|imagination": "according to the model",
    r"(?:the|a|large) holes?": "target region",
    r"whole(?! numbers?| map| clips?)": "complete",
    r"\d\}? a second|frames a second": "per second",
    r"judged?": "evaluated",
    r"cover(?:s|ing)? (?:no |the )?cells?|count(?:s|ing)? accuracies": "localise by occlusion, evaluate pairs",
    r"surprises? (?:more|less)": "higher, lower surprise",
}
_CODE = r'\w+=[^\s,)]+|"\w+"'  # arguments of calls that a text names
_TICKS = r"ticks?"  # on screen: time step. Shapes of arrays, in annotations and in the help of traits, keep the word


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every literal of a Python file that is more than one word; no docstrings, no annotations."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set[int]()
    for node in ast.walk(tree):
        body = node.body if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else []
        if body and isinstance(body[0], ast.Expr):
            skipped.add(id(body[0].value))
        if isinstance(node, ast.Subscript):
            skipped |= {id(inner) for inner in ast.walk(node.slice)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped and " " in node.value.strip():
            yield node.lineno, node.value


def _script_texts(path: Path) -> Iterator[tuple[int, str]]:
    """The same of a JavaScript file, without comments and without what is computed."""
    source = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, line in enumerate(source.splitlines(), 1):
        for found in re.finditer(r'"([^"\\]*)"|`([^`]*)`', re.sub(r"(^|\s)//.*$", "", line)):
            text = re.sub(r"\$\{[^}]*\}", "", found[1] or found[2] or "")
            if " " in text.strip() and "${" not in text and "=>" not in text:
                yield number, text


def _page_texts(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a Markdown page, without code and without the targets of links."""
    text = re.sub(r"```.*?```", lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), 1):
        yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "", line)


def _found(path: Path, texts: Iterator[tuple[int, str]], ticks: bool) -> list[str]:
    words = {**PLAIN, **({_TICKS: "time step"} if ticks else {})}
    return [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()!r} says {hit[0]!r}; plain: {plain}"
        for line, text in texts
        for pattern, plain in words.items()
        if (hit := re.search(rf"\b(?:{pattern})\b", re.sub(_CODE, "", text), re.IGNORECASE))
    ]


@pytest.mark.parametrize("folder", ["workbench/boards", "workbench/cli", "widgets"])
def test_texts_on_screen_use_the_terms_of_the_field(folder: str) -> None:
    found = [line for path in sorted((ROOT / folder).rglob("*.py")) for line in _found(path, _texts(path), folder != "widgets")]
    scripts = [line for path in sorted((ROOT / folder).rglob("*.js")) for line in _found(path, _script_texts(path), True)]
    assert [*found, *scripts] == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_use_the_terms_of_the_field(page: str) -> None:
    assert _found(ROOT / page, _page_texts(ROOT / page), False) == []


@pytest.mark.parametrize(
    "text",
    [
        "Open loop errs 0.0031 × what copying errs",
        "the untrained twin",
        "Put back",
        "known frames",
        "decoder, drawn by",
        "One clip is an anecdote",
        "8 frames a second",
        "by tick 3",
    ],
)
def test_a_text_of_the_old_kind_is_found(tmp_path: Path, text: str) -> None:
    page = tmp_path / "board.py"
    page.write_text(f"words = {text!r}\n", encoding="utf-8")
    assert any(re.search(rf"\b(?:{pattern})\b", said, re.IGNORECASE) for _, said in _texts(page) for pattern in (*PLAIN, _TICKS))
