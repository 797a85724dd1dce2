"""The vectors of many clips, frames or tokens: what every map, projection and probe starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core import codec
from workbench.core.card import FolderKey, ModelKey
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

Level = Literal["clip", "frames", "tokens"]
Pool = Literal["mean", "max", "class"]
Source = Literal["model", "untrained", "pixels"]


@codec.portable
@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors that lie in the store. They stay there: `open_vectors(path)` reads them.

    Args:
        path: folder of the embedding. digest: of question, weights and data; the name it has in the store.
        rows, dim: how many vectors, and features of each. clips: that were asked for, readable or not.
        columns: names of the metadata. skipped: (name, reason) of clips that could not be read.
        computed: clips that were read and embedded now; the others were there. seconds: that took.
    """

    path: str
    digest: str
    rows: int
    dim: int
    clips: int
    columns: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    computed: int
    seconds: float
    provenance: Provenance

    @property
    def rate(self) -> float:
        """Clips a second, of those embedded now; 0 where all were there."""
        return self.computed / self.seconds if self.seconds > 0 else 0.0


@question(
    "embed",
    needs=("encoder_target",),
    instead=(("encoder_context",),),
    title="Embedding",
    formula="the encoder's latents of every clip, averaged over its tokens (a vector a clip), over the tokens of each time step (a vector a frame), or as they "
    "are (a vector a token); of a block before the final norm, or after it",
    source="the model's own encoder: the target encoder where the file has one, else the context encoder",
    cannot="An average over tokens hides what only a few of them hold. Vectors of two models, or of two layers, do not lie in one space.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="rows",
)
@dataclass(frozen=True, eq=False)
class Embed(Question[Embedding]):
    """Embed all clips of a path and keep the vectors in the store.

    Args:
        what: what a row stands for. A frame is a time step of the model: `tubelet` frames of the clip.
        layer: output of that block, before the final norm; None: after the final norm.
        pool: of the tokens that a row stands for: their mean, their maximum, or instead of them the first token beside the grid: the class token, where the encoder has one.
        source: "model"; "untrained", the same architecture with its initial weights; "pixels", the prepared pixels averaged to 16 × 16 cells a time
            step, or those of the patch for a token. The last two are baselines.
        seed: of the untrained weights.
    """

    model: ModelKey
    data: FolderKey
    what: Level = "clip"
    layer: int | None = None
    pool: Pool = "mean"
    source: Source = "model"
    seed: int = 0
