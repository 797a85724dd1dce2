"""What a model is, what of it loaded, and how to name it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import BadInput, PartUnavailable

Origin = Literal["read", "inferred", "given", "assumed"]
Status = Literal["whole", "partial", "missing"]
# The parts in the order of a forward pass; every family's report uses these names.
PARTS = ("encoder_context", "encoder_target", "masked", "dynamics", "decoder", "head")
# What parts and their status are called on screen and in the terminal; JSON keeps the names above.
PART_LABELS: Mapping[str, str] = {
    "encoder_context": "encoder (context)",
    "encoder_target": "encoder (target)",
    "masked": "predictor",
    "dynamics": "dynamics",
    "decoder": "decoder",
    "head": "head for labels",
}
STATUS_LABELS: Mapping[Status, str] = {"whole": "complete", "partial": "partial", "missing": "missing"}


def parse_overrides(text: str) -> dict[str, Any]:
    """What a user types for what a file does not say: `heads=4 image_size=(64, 64) resize=stretch`.

    Raises:
        BadInput: something in it is not a name, an equals sign and a plain value.
    """
    try:
        call = ast.parse(f"f({re.sub(r'(?<=[^,( ])[ ]+(?=[A-Za-z_]+[ ]*=)', ', ', text.strip())})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(k.arg is None for k in call.keywords):
            raise ValueError("a name is missing")
        return {str(k.arg): k.value.id if isinstance(k.value, ast.Name) else ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError) as error:
        fix = "write heads=4 image_size=(64, 64) resize=stretch; several numbers in brackets"
        raise BadInput(f"{text!r} cannot be read as settings", where="settings", fix=fix) from error


Stamp = tuple[tuple[str, int, int, int], ...]
_LISTED = 1000  # files of a folder that its stamp is made of


def stamp(path: str) -> Stamp:
    """Name, size, time and inode of a file, or of the files in a folder; empty where they cannot be had."""
    place = Path(path)
    try:
        files = sorted(islice(place.iterdir(), _LISTED)) if place.is_dir() else [place]
        found = [(file.name, file.stat()) for file in files]
    except (OSError, ValueError):
        return ()
    return tuple((name, said.st_size, said.st_mtime_ns, said.st_ino) for name, said in found)


NO_SETTINGS = (
    "path",
    "parts",
    "encoder",
    "decoder",
    "device",
    "dtype",
)  # `load` takes them; a key says them elsewhere, or they would name other files


@dataclass(frozen=True)
class ModelKey:
    """Names a model without holding it, so that the server, the worker and a stored result can all speak of it.

    Args:
        path: file or folder of the checkpoint.
        family: forces a family; None = recognised.
        overrides: what the tensors do not say, as sorted (name, value) pairs.
        device: "cpu", "cuda", "mps". dtype: "float32", "bfloat16", "float16".
        stamp: of the file as it was when it was opened, so that one that was overwritten since is another model. It holds on this machine and
            is not written: who reads a written question opens the file as it is then.
    """

    path: str
    family: str | None = None
    overrides: tuple[tuple[str, object], ...] = ()
    device: str = "cpu"
    dtype: str = "float32"
    stamp: Stamp = field(default=(), metadata={"written": False})

    @property
    def said(self) -> tuple[tuple[str, object], ...]:
        """What the user said of it, as options of `load`."""
        return (("family", self.family), *self.overrides) if self.family is not None else self.overrides


@dataclass(frozen=True)
class ClipKey:
    """Names a clip without holding it.

    Args:
        path: an image, a video, a folder or a bank.
        index: which clip of a folder or bank.
        frames: how many frames to sample; None = all, or one for a still.
        fps: at how many frames per second; None = as they come.
        start: seconds into each film. length: seconds of it; None = to its end.
        name: of the file in a folder. It decides where it is given, so that a file which is added to the folder shifts nothing; `index` is then
            only the place that it had.
    """

    path: str
    index: int = 0
    frames: int | None = None
    fps: float | None = None
    start: float = 0.0
    length: float | None = None
    name: str = ""

    @property
    def digest(self) -> str:
        """Equal for the same clip, wherever in its folder it stands."""
        return repr(replace(self, index=0) if self.name else self)

    @property
    def said(self) -> str:
        """How it is sampled, as options of `open_clips` in Python."""
        return _options(frames=self.frames, fps=self.fps, start=self.start or None, length=self.length)


@dataclass(frozen=True)
class SceneKey(ClipKey):
    """Names a clip with what is known of it, so that one thing in it can be changed: `jw.scenes(path)[index]`."""

    @property
    def row(self) -> ScenesKey:
        """All clips of the same data."""
        return ScenesKey(self.path, self.frames, self.fps, self.start, self.length)


@dataclass(frozen=True)
class FolderKey:
    """Names all clips of a path: `jw.open_clips(path)`. Arguments as in ClipKey."""

    path: str
    frames: int | None = None
    fps: float | None = None
    start: float = 0.0
    length: float | None = None

    @property
    def said(self) -> str:
        """How its clips are sampled, as options of Python."""
        return _options(frames=self.frames, fps=self.fps, start=self.start or None, length=self.length)


@dataclass(frozen=True)
class ScenesKey(FolderKey):
    """Names all clips of a path with what is known of them: `jw.scenes(path)`. Arguments as in ClipKey."""


@dataclass(frozen=True)
class FileKey:
    """Names a file that is looked into, not opened as a model or as clips."""

    path: str


@dataclass(frozen=True)
class RunKey:
    """Names a training run: a folder of checkpoints and logs, `jw.open_run(path)`.

    Args:
        family, overrides: of its checkpoints, as in ModelKey.
    """

    path: str
    family: str | None = None
    overrides: tuple[tuple[str, object], ...] = ()

    @property
    def said(self) -> tuple[tuple[str, object], ...]:
        """What the user said of its checkpoints, as options of `load`."""
        return (("family", self.family), *self.overrides) if self.family is not None else self.overrides


@dataclass(frozen=True)
class VectorsKey:
    """Names vectors that lie in a file or in the store: `jw.open_vectors(path)`.

    Args:
        finite: only the rows without NaN and infinity.
        control: a baseline made of them in place of the vectors: `Vectors.by_position` or `Vectors.shuffled`.
        labels: a csv or parquet file whose columns are joined to them, see `store.join`; "" = none.
        stamp: of both files as they were when they were opened; see `ModelKey`.
    """

    path: str
    finite: bool = False
    control: Literal["", "by_position", "shuffled"] = ""
    labels: str = ""
    stamp: Stamp = field(default=(), metadata={"written": False})


@dataclass(frozen=True)
class BankKey:
    """Names a bank: the held-out clips that a reference, a basis and a rank are taken over. `frames` and `fps` as in ClipKey."""

    path: str
    frames: int | None = None
    fps: float | None = None

    @property
    def said(self) -> str:
        """How its clips are sampled, as options of `open_bank` in Python."""
        return _options(frames=self.frames, fps=self.fps)


def _options(**values: float | None) -> str:
    return "".join(f", {name}={value:.12g}" for name, value in values.items() if value is not None)


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a model, and how it came to be known.

    Args:
        name: as in an override, e.g. "heads". value: as shown. origin: read from the tensors, inferred from a table, given by the
            user or a file beside it, or assumed. why: the tensor, table or file. options: the values that fit the tensors, where there are few.
    """

    name: str
    value: object
    origin: Origin
    why: str = ""
    options: tuple[object, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class PartReport:
    """What of one part was found in the file.

    Args:
        name: one of PARTS. matched: tensor names loaded. missing: expected, not in the file. unexpected: in the file, not used.
        reshaped: (name, expected shape, found shape), not loaded. ignored: (name, reason) left out on purpose.
        parameters: numbers in the matched tensors. bytes: as stored. dtype: as stored. nonfinite: loaded, but holding NaN or infinity.
    """

    name: str
    matched: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    reshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    parameters: int = 0
    bytes: int = 0
    dtype: str = ""
    nonfinite: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """whole: every expected tensor was loaded, is finite, and none was left over; missing: none was; partial: anything between."""
        if not self.matched:
            return "missing"
        return "partial" if self.missing or self.reshaped or self.unexpected or self.nonfinite else "whole"

    def sentence(self) -> str:
        """The status in words, with up to three names for what is wrong."""
        words = f"{PART_LABELS.get(self.name, self.name)}: {STATUS_LABELS[self.status]}, {len(self.matched)} tensors matched"
        reshaped = tuple(r[0] for r in self.reshaped)
        wrong = (
            ("missing", self.missing),
            ("unexpected", self.unexpected),
            ("of another shape", reshaped),
            ("with NaN or infinity", self.nonfinite),
        )
        for what, names in wrong:
            if names:
                more = "" if len(names) <= 3 else f" and {len(names) - 3} more"
                words += f"; {len(names)} {what}: {', '.join(names[:3])}{more}"
        return words


@dataclass(frozen=True)
class LoadReport:
    """What a checkpoint held, part by part, and everything that was not simply read from it.

    Args:
        other: top-level entries that are not parts: optimizer, epoch, loss …
        stand_ins: (a part that the file has nothing of, the part that serves in its place); a fact says why.
    """

    path: str
    family: str
    parts: tuple[PartReport, ...]
    facts: tuple[Fact, ...] = ()
    file_bytes: int = 0
    other: tuple[str, ...] = ()
    stand_ins: tuple[tuple[str, str], ...] = ()

    def part(self, name: str) -> PartReport:
        """The report of one part; an empty one, status missing, where the file has nothing of it."""
        return next((p for p in self.parts if p.name == name), PartReport(name))

    def serving(self, name: str) -> PartReport:
        """The report of a part, or of the one that stands in for it where the file has nothing of it."""
        own = self.part(name)
        return own if own.status != "missing" else self.part(dict(self.stand_ins).get(name, name))

    def require(self, *names: str) -> None:
        """Refuse to go on with a part that is missing or did not load whole.

        Raises:
            PartUnavailable: with the counts and the first names.
        """
        for name in names:
            part = self.serving(name)
            if part.status != "whole":
                raise PartUnavailable(
                    part.sentence(),
                    where=self.path,
                    fix="pictures from partly loaded weights would be meaningless; open a file in which this part is complete",
                )

    @property
    def listed(self) -> tuple[str, ...]:
        """The parts that a list of them shows: all but a head for labels that the file does not have, which no JEPA needs."""
        return tuple(name for name in PARTS if name != "head" or any(p.name == name for p in self.parts))

    @property
    def matched(self) -> int:
        """Expected tensors that were found."""
        return sum(len(p.matched) for p in self.parts)

    @property
    def whole(self) -> bool:
        """No part that the file has is incomplete."""
        return all(p.status != "partial" for p in self.parts)


@dataclass(frozen=True)
class ModelCard:
    """Who a model is.

    Args:
        family: registry name. name: for the reader. paper: arXiv id or url. licence: of the weights.
        image_size: (height, width) in pixels it was trained at. frames: per clip; 1 for an image model. fps: frames a second; None = unknown.
        patch: (height, width) pixels a token. tubelet: frames a token. dim: features a token.
        hashes: part -> sha256 over the names and values of the tensors used.
        unit: what a latent is measured in, e.g. "layer-normed features". loss: the distance that training minimised, a key of results.DISTANCES.
        samplers: the mask samplers it was trained with, first the default, as (name, parameters).
        preprocessing: one line on size rule, mean and deviation. world: a key of worlds.environments.WORLDS where ground truth can be simulated.
        notes: what it can and cannot do.
    """

    family: str
    name: str
    paper: str = ""
    licence: str = ""
    image_size: tuple[int, int] = (0, 0)
    frames: int = 1
    fps: float | None = None
    patch: tuple[int, int] = (1, 1)
    tubelet: int = 1
    dim: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    unit: str = "features"
    loss: str = "l1"
    samplers: tuple[tuple[str, dict[str, Any]], ...] = ()
    preprocessing: str = ""
    world: str = ""
    notes: str = ""
