"""The controls of a video and of the bank: part, frame rate and window of the video, and the clips over which baselines are computed."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from widgets.controls import Control, Int, Label, Option, Range, Select, Slider
from workbench import samples
from workbench.boards.workspace import Workspace
from workbench.core.footage import FilmFacts, Part
from workbench.data.paths import plainly

OTHER_BANK = "another folder"
ALIKE = 0.15  # rates that differ by less come of whole steps between frames
_RATES = (0.5, 1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 15.0, 30.0)
_LISTED = 6  # skipped files that are named
Row = tuple[list[Control], dict[str, Any]]


def film_row(space: Workspace) -> Row:
    """Part, rate and window of the video on screen, with their values; empty where the clip is not of a video."""
    look, facts = space.choice.look, space.facts
    if look is None or look.film is None or facts is None:
        return _photo_row(space)
    film, window = look.film, space.choice.window
    if window is None or film.seconds <= 0:
        return [Label("film", "a video whose frames have no timestamps; frames are sampled evenly")], {}
    if facts.card.frames == 1:
        return _frame_row(film, window.start)
    end = _tenths(film.seconds)
    rates = [Option(0.0, _usual(space, film))]
    rates += [Option(r, f"{r:g} per second") for r in _RATES if r < film.rate and r != facts.card.fps]
    if facts.card.fps and facts.card.fps < film.rate:
        rates.append(Option(film.rate, f"{film.rate:.3g} per second (native rate)"))
    if look.part.fps and all(rate.value != look.part.fps for rate in rates):
        rates.append(Option(look.part.fps, f"{look.part.fps:.3g} per second"))
    part = [min(look.part.low, end), end if look.part.high is None else min(look.part.high, end)]
    row: list[Control] = [
        Range("part", "part of the video", min=0.0, max=end, step=0.1, unit="s", help="Start and end, in seconds."),
        Select("rate", "frames per second", tuple(rates), help="Sampling rate of the frames that the model is given."),
    ]
    values: dict[str, Any] = {"part": part, "rate": look.part.fps or 0.0}
    count = len(space.choice.windows)
    if count > 1:
        about = f"The video is cut into {count} clips of {window.frames} frames."
        row.append(Int("window", "window", min=1, max=count, help=about))
        values["window"] = look.window + 1
    of = f"of {count} · " if count > 1 else ""
    row.append(Label("when", f"{of}{window.start:.1f} to {window.end:.1f} s of {film.seconds:.1f} s{_how_fast(space)}"))
    return row, values


def _frame_row(film: FilmFacts, at: float) -> Row:
    """An image model is shown one frame."""
    last = max(0.1, _tenths(film.seconds - 1 / film.rate))
    about = "This is an image model: it is given the frame at this time."
    cursor = Slider("at", "frame at", min=0.0, max=last, step=0.1, unit="s", help=about)
    said = Label("when", f"one frame of a video of {film.seconds:.1f} s (image model)")
    return [cursor, said], {"at": min(_tenths(at), last)}


def _photo_row(space: Workspace) -> Row:
    """What a video model is given where the clip is an image."""
    facts, shown = space.facts, space.shown
    if facts is None or shown is None or facts.card.frames == 1 or not space.choice.still:
        return [], {}
    count = len(shown.pixels)
    how = f"the frame is repeated {count} times" if count > 1 else "it is given as a clip of one frame"
    return [Label("photo", f"an image given to a video model: {how}, so nothing moves")], {}


def _usual(space: Workspace, film: FilmFacts) -> str:
    trained = None if space.facts is None else space.facts.card.fps
    if trained and trained <= film.rate:
        return f"{trained:g} per second (as in training)"
    return f"{film.rate:.3g} per second (native rate)"


def _how_fast(space: Workspace) -> str:
    """The resulting frame rate, beside that of training."""
    window, facts = space.choice.window, space.facts
    if window is None or facts is None or window.rate <= 0:
        return ""
    said = f" · {window.frames} frames, {window.rate:.2g} per second"
    trained = facts.card.fps
    if not trained:
        return f"{said}; the training rate is not known"
    if abs(window.rate / trained - 1) >= ALIKE:
        short = " (this part is too short for that)" if window.fps is None else ""
        return f"{said}; the model was trained at {trained:.2g}{short}"
    return f"{said}, as in training"


def cut_of(space: Workspace, values: dict[str, Any], touched: Set[str]) -> tuple[Part, int]:
    """The part of the film and the window that the controls ask for."""
    look = space.choice.look
    if look is None or look.film is None:
        return Part(), 0
    if "at" in touched:
        return Part(None, values["at"]), 0
    if touched & {"part", "rate"}:
        low, high = values["part"]
        end = _tenths(look.film.seconds)
        return replace(look.part, fps=values["rate"] or None, low=low, high=None if high >= end else high), 0
    return look.part, values["window"] - 1


def bank_row(space: Workspace) -> Row:
    """The choice of the bank, and the files that were left out."""
    choice = space.choice
    own = space.clips is not None and len(space.clips.names) > 1
    options = [Option("", "the open data" if own else "none: one clip is open")]
    options += [Option(n, f"sample: {samples.find(n).title}") for n in samples.names()]
    if choice.bank not in ("", *samples.names()):
        options.append(Option(choice.bank, plainly(PurePath(choice.bank).name)))
    options.append(Option(OTHER_BANK, "another folder …"))
    about = "The other clips over which baselines are computed: the mean target at each position, ranks, intervals."
    row: list[Control] = [Select("bank", "bank", tuple(options), help=about)]
    return [*row, *_bank_lines(space)], {"bank": choice.bank}


def _bank_lines(space: Workspace) -> list[Control]:
    """How the bank is, and what was skipped."""
    choice = space.choice
    words: list[str] = []
    if choice.reading:
        words.append("reading the bank …")
    elif choice.bank_error is not None:
        words.append(f"no bank: {choice.bank_error.what}")
    elif choice.bank_facts is not None:
        words.append(f"{choice.bank_facts.clips} clips in the bank")
    skipped = list(choice.skipped.items())
    if skipped:
        words.append(f"{len(skipped)} file{'s' if len(skipped) > 1 else ''} skipped:")
        words += [f"{name}: {reason}" for name, reason in skipped[:_LISTED]]
    if len(skipped) > _LISTED:
        words.append(f"and {len(skipped) - _LISTED} more")
    return [Label(f"bank{k}", word) for k, word in enumerate(words)]


def _tenths(seconds: float) -> float:
    return int(seconds * 10 + 1e-6) / 10
