"""The second open model: it is shown the clip in sight, and asked what the first one was asked."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from widgets.headline import SECOND
from widgets.keys import key as key_of
from workbench.boards.workspace import Subject, Workspace
from workbench.core.card import BankKey, ClipKey, FolderKey, ModelKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.mask import Mask
from workbench.core.place import alike, mapped
from workbench.core.questions import Question
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.clips import Look, LookAt, ShownClip, bank_of
from workbench.query import Query

SOURCE: dict[str, object] = {"id": SECOND, "key": key_of(SECOND), "label": "second model", "enabled": False, "reason": ""}
NONE_OPEN = "No second model is open: choose one as B beside the name of the open model."
_Asked = TypeVar("_Asked", bound=Question[Any])


@dataclass(frozen=True, eq=False)
class Seen:
    """A model with what it is shown.

    Args:
        letter: the subject that it is open as. clip, bank: as it takes them. shown: the clip as it sees it.
    """

    letter: str
    subject: Subject
    clip: ClipKey
    bank: BankKey | None
    shown: ShownClip

    @property
    def model(self) -> ModelKey:
        """The key of the model."""
        return self.subject.key

    @property
    def facts(self) -> ModelFacts:
        """What the file says of the model."""
        return self.subject.facts

    @property
    def name(self) -> str:
        """The letter and the name of the model."""
        return f"{self.letter} {self.subject.name}"


class Second:
    """Whichever open model is not looked at. It follows the clip in sight.

    Attributes:
        error: why it cannot be shown the clip in sight.
    """

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.error: WorkbenchError | None = None
        self.look = Query[Look](space, "second.clip", lambda _: space.say("second"), self._failed)
        for event in ("subjects", "clip", "model"):
            space.on(event, self._follow)

    @property
    def subject(self) -> Subject | None:
        """The model; None where a single one is open."""
        return self.space.subjects.get(self.letter)

    @property
    def letter(self) -> str:
        """The subject that is not looked at."""
        return "A" if self.space.session.state.subject == "B" else "B"

    @property
    def seen(self) -> Seen | None:
        """The model with the clip in sight; None until it is there."""
        space, subject, wanted = self.space, self.subject, self._wanted()
        if subject is None or wanted is None or self.look.answer is None or space.clips is None or not self.look.answers(wanted):
            return None
        found, facts = self.look.answer, subject.facts
        bank = None if space.session.state.bank is None else bank_of(facts.card, facts.report, space.clips, found, space.choice.place)
        return Seen(self.letter, subject, found.key, bank, found.shown)

    @property
    def first(self) -> Seen | None:
        """The model that is looked at, with the clip in sight."""
        s, subject, shown = self.space.session.state, self.space.subject, self.space.shown
        return None if subject is None or s.clip is None or shown is None else Seen(s.subject, subject, s.clip, s.bank, shown)

    def ask(self, question: _Asked, **changes: Any) -> _Asked | None:
        """The same question with the second model in place of the first: its own cut of the same clip and bank, and the mask mapped by place.

        Args:
            changes: fields that are others for it.

        Returns:
            None until the second model was shown the clip.

        Raises:
            MaskError: the mask cannot be mapped onto its grid.
        """
        first, second = self.first, self.seen
        if first is None or second is None:
            return None
        for field in fields(question):  # type: ignore[arg-type]  # every question is a dataclass
            value = getattr(question, field.name)
            if field.name in changes:
                continue
            if isinstance(value, ModelKey):
                changes[field.name] = second.model
            elif isinstance(value, BankKey):
                changes[field.name] = second.bank
            elif isinstance(value, ClipKey):
                same = (value.path, value.index, value.name) == (first.clip.path, first.clip.index, first.clip.name)
                clip = second.clip if same else replace(second.clip, index=value.index, name=value.name, start=value.start, length=value.length)
                changes[field.name] = clip if type(value) is ClipKey else type(value)(**{f.name: getattr(clip, f.name) for f in fields(clip)})
            elif isinstance(value, Mask):
                changes[field.name] = mapped(value, first.shown.grid, second.shown.grid)
        return replace(question, **changes)  # type: ignore[type-var]  # every question is a dataclass

    def open(self, path: str, **overrides: Any) -> None:
        """Open a model as the second one; see `Workspace.open`."""
        self.space.open(path, subject=self.letter, **overrides)

    def close(self) -> None:
        """Close it, or stop opening it."""
        space = self.space
        space.stop(f"open {self.letter}", tell=False)
        space.subjects.pop(self.letter, None)
        space.opening_beside = ""
        space.say("subjects")
        if space.session.state.predictor == SECOND:
            space.session.set(predictor="model")

    def differences(self) -> str:
        """What differs in how the two are shown the clip, in words; "" where nothing does."""
        first, second = self.first, self.seen
        if first is None or second is None:
            return ""
        told = [(a, b) for a, b in zip(_prepared(first), _prepared(second), strict=True) if a != b]
        if not told:
            return "Both are shown the same pixels."
        pairs = "; ".join(f"{a} | {b}" for a, b in map(_unlike, told))
        grids = "" if alike(first.shown.grid, second.shown.grid) else " Grids are mapped by place."
        return f"Prepared differently ({first.letter} | {second.letter}): {pairs}.{grids}"

    def _wanted(self) -> LookAt | None:
        space, subject = self.space, self.subject
        look, listed = space.choice.look, space.clips
        if subject is None or look is None or listed is None or space.shown is None:
            return None
        part = look.part
        return LookAt(subject.key, FolderKey(listed.path), look.index, part.fps, part.low, part.high, look.window)

    def _follow(self) -> None:
        wanted, self.error = self._wanted(), None
        if wanted is None:
            self.look.forget()
            self.space.say("second")
        elif self.look.answers(wanted):
            self.space.say("second")
        elif not self.look.awaits(wanted):
            self.look.ask(wanted)
            self.space.say("second")

    def _failed(self, error: WorkbenchError) -> None:
        self.error = None if isinstance(error, Cancelled) else error
        self.space.say("second")


def _prepared(seen: Seen) -> tuple[str, str, str, str, str]:
    """How a clip was prepared: size, what of the picture is seen, frames, tokens, and the rule with its normalisation."""
    grid, shown, card = seen.shown.grid, seen.shown, seen.facts.card
    frames, height, width = shown.pixels.shape[:3]
    (down, across), (sy, sx) = grid.offset, grid.scale
    whole = abs(down) < 1 and abs(across) < 1 and abs(height * sy - shown.source_size[0]) < 1 and abs(width * sx - shown.source_size[1]) < 1
    rate = f" at {1 / grid.frame_seconds:.3g} per second" if grid.frame_seconds and frames > 1 else ""
    return (
        f"{height} × {width} px",
        "all of the picture" if whole else f"a crop of {height * sy:.0f} × {width * sx:.0f} source px",
        f"{frames} frame{'s' if frames > 1 else ''}{rate}",
        f"{grid.ticks} × {grid.rows} × {grid.cols} tokens",
        card.preprocessing,
    )


def _unlike(pair: tuple[str, str]) -> tuple[str, str]:
    """What of two texts differs, clause by clause."""
    first, second = (text.split("; ") for text in pair)
    return ", ".join(c for c in first if c not in second) or "nothing more", ", ".join(c for c in second if c not in first) or "nothing more"
