"""`jepa-workbench catalogue`: list, search, show and, when asked, download."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from workbench.core.numbers import size_text
from workbench.core.progress import listening
from workbench.published.caches import Cached, find_cached
from workbench.published.fetch import fetch
from workbench.published.search import one, search
from workbench.published.table import Published


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `jepa-workbench catalogue`."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="show only entries with all these words; or the name of one")
    parser.add_argument("--family", help="show only entries of this family")
    parser.add_argument("--json", action="store_true", help="print all entries as JSON")
    parser.add_argument("--download", action="store_true", help="download the named one into the cache of torch hub or Hugging Face")


def run(arguments: argparse.Namespace) -> int:
    """Do what the arguments say; 0 when something was found."""
    if arguments.download:
        return _download(one(arguments.words, arguments.family))
    rows = search(arguments.words, arguments.family)
    cached = find_cached(rows)
    if arguments.json:
        print(json.dumps([described(row, cached.get(row.name)) for row in rows], indent=1, ensure_ascii=False))
    elif len(rows) == 1:
        print(_sheet(rows[0], cached.get(rows[0].name)))
    elif rows:
        print(_list(rows, cached))
    else:
        print(f"none of the published checkpoints holds {' and '.join(repr(w) for w in arguments.words)}", file=sys.stderr)
    return 0 if rows else 1


def described(row: Published, cached: Cached | None) -> dict[str, Any]:
    """Everything that is known of one, with `path`: where it is on this machine, None where it is not."""
    own = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(row).items()}
    return {**own, "where": row.where, "path": None if cached is None else str(cached.path)}


def size_words(row: Published) -> str:
    """The size of the download, with "about" where it is estimated; "" where nothing is known."""
    if row.measured or not row.bytes:
        return size_text(row.bytes) if row.bytes else ""
    value, unit = (row.bytes / 1e9, "GB") if row.bytes >= 1e9 else (row.bytes / 1e6, "MB")
    return f"about {float(f'{value:.2g}'):g} {unit}"


def input_words(row: Published) -> str:
    """What it looks at: 224 px, or 256 px × 64 frames."""
    return f"{row.resolution} px" + (f" × {row.frames} frames" if row.frames > 1 else "")


def parameter_words(row: Published) -> str:
    """How many parameters load: 631 M; "" where nothing is known."""
    return "" if not row.parameters else f"{row.parameters / 1e3:.1f} B" if row.parameters >= 1e3 else f"{row.parameters:.0f} M"


def open_line(name: str) -> str:
    """The command that downloads it."""
    return f"jepa-workbench catalogue {name} --download"


def _list(rows: Sequence[Published], cached: dict[str, Cached]) -> str:
    wide = max(len(r.name) for r in rows)
    titles, lines = max(len(r.title) for r in rows), []
    for row in rows:
        here = "●" if row.name in cached else " "
        lines.append(
            f"{here} {row.name:<{wide}}  {row.title:<{titles}}  {input_words(row):<19} {parameter_words(row):<6} {size_words(row):<13} {row.licence}".rstrip()
        )
    known = f"● is on this machine: {len(cached)} of {len(rows)}. " if cached else "None of them is on this machine. "
    return "\n".join([*lines, "", f"{known}`jepa-workbench catalogue NAME` says where one lies, `--download` fetches it."])


def _sheet(row: Published, cached: Cached | None) -> str:
    said = {
        "family": row.family,
        "published at": row.where + (f" ({', '.join(row.files)})" if row.repo and not row.url else ""),
        "also at": f"https://huggingface.co/{row.repo} ({', '.join(row.files)})" if row.repo and row.url else "",
        "input": input_words(row),
        "parameters": parameter_words(row),
        "download": size_words(row),
        "licence": row.licence,
        "paper": f"arXiv {row.paper}" if row.paper else "",
        "needs": ", ".join(row.needs),
        "note": row.note,
    }
    lines = [row.name, row.title, *(f"  {name:<13} {value}" for name, value in said.items() if value)]
    if cached is None:
        return "\n".join([*lines, "", f"not on this machine; to fetch it: {open_line(row.name)}"])
    return "\n".join([*lines, "", f"on this machine: {cached.path}", f"jepa-workbench app {cached.path}"])


def _download(row: Published) -> int:
    known = find_cached([row]).get(row.name)
    if known is not None:
        print(f"{row.name} is here already: {known.path}")
        return 0
    size = f", {size_words(row)}" if size_words(row) else ""
    print(f"{row.title}{size}, licence {row.licence}\nfrom {row.where}; Ctrl-C ends it", file=sys.stderr)
    with _progress():
        path = fetch(row)
    print(path)
    return 0


@contextmanager
def _progress() -> Iterator[None]:
    """How much has come, on one line of a terminal; nothing where stderr is a file."""
    told = -1

    def show(done: int, total: int) -> None:
        nonlocal told
        share = done * 1000 // total if total else done >> 24
        if sys.stderr.isatty() and share != told:
            told = share
            of = f" of {size_text(total)} ({share / 10:.1f} %)" if total else ""
            print(f"\r{size_text(done)}{of}   ", end="\n" if done == total else "", file=sys.stderr, flush=True)

    with listening(show):
        yield
