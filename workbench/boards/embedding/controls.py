"""The controls of the Embedding board: what a point is, which layer, how it is drawn, and what colours it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from widgets.controls import Button, Control, Int, Label, Option, Select, Slider
from workbench.core.questions.embedding import Level
from workbench.core.questions.projection import Method

OUTPUT = -1
VALUES: Mapping[str, Any] = {"what": "clip", "layer": OUTPUT, "method": "pca", "k": 15, "min_dist": 0.1, "seed": 0}
_WHAT: Mapping[Level, str] = {"clip": "clip", "frames": "frame", "tokens": "token"}
ENDS: Mapping[str, str] = {"end_a": "A", "end_b": "B"}  # id of the button -> name of the end
_END = (
    "the selected points become end {} of an axis through the centroids of A and B, which colours all points and says how well it separates the two"
)
_METHODS: Mapping[Method, str] = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}


@dataclass(frozen=True)
class Drawing:
    """How a map is drawn."""

    method: Method
    k: int
    min_dist: float
    seed: int


def drawing(values: Mapping[str, Any], source: str = "model") -> Drawing:
    """What the controls say. Position alone leaves copies of few vectors, among whose neighbours UMAP and t-SNE find only copies: that map is by PCA."""
    return Drawing("pca" if source == "position" else values["method"], int(values["k"]), float(values["min_dist"]), int(values["seed"]))


@dataclass(frozen=True)
class Offered:
    """What can be chosen.

    Args:
        clips, ticks: how many there are, and time steps of the one in sight. layers: blocks of the encoder. colours: names of columns.
        embed: the button that starts what takes long is wanted. alone: the map is of some points only.
        ends: how many points each end of the axis has, by its name, of those that are set. elsewhere: the vectors are those of a file.
        sure: whether the map is to be computed anew is being asked.
    """

    clips: int
    ticks: int
    layers: int
    colours: Sequence[str]
    embed: bool
    alone: bool = False
    ends: Mapping[str, int] = field(default_factory=dict[str, int])
    elsewhere: bool = False
    sure: bool = False


def row(values: Mapping[str, Any], offered: Offered) -> list[Control]:
    """The controls from top to bottom."""
    own: list[Control] = [
        Select(
            "what", "a point is a", options=_whats(offered), help="a clip: mean over its tokens; a frame: a time step of the model; a token: as it is"
        ),
        Select("layer", "layer", options=_layers(offered.layers), help="output of a block before the final norm, or the encoder's output"),
    ]
    found: list[Control] = [
        *([] if offered.elsewhere else own),
        Select(
            "method", "map", options=tuple(Option(m, words) for m, words in _METHODS.items()), help="PCA comes at once; UMAP and t-SNE take longer"
        ),
        Int("k", "neighbours", min=2, max=500, help="neighbours that UMAP and t-SNE preserve, and that trust is measured with"),
    ]
    if values["method"] == "umap":
        found.append(Slider("min_dist", "min_dist", min=0.0, max=1.0, step=0.05, help="how close UMAP may put points"))
    if values["method"] != "pca":
        found.append(Int("seed", "seed", min=0, max=9999, help="another seed gives another map; what stays is in the vectors"))
    if offered.colours:
        found.append(Select("colour", "colour by", options=tuple(Option(name, name) for name in offered.colours)))
    if offered.embed:
        found.append(
            Button("embed", "Embed", primary=True, help="compute the vectors of all clips; it can be cancelled and goes on where it stopped")
        )
        return found
    if offered.alone:
        found.append(Button("whole", "Whole map", primary=True, help="the map of all points again"))
    else:
        found.append(Button("sweep", "Six maps", help="maps over neighbours × seeds side by side: what stays is in the vectors"))
    found.append(Button("alone", "Map of selected", help="project only the selected points anew; trust is that of the new map, row numbers stay"))
    if offered.sure:
        found.append(Button("replace", "Replace the map", primary=True, help="compute the map anew; the one of the store is replaced"))
        found.append(Button("keep", "Keep it", help="leave the map as it is"))
    elif values["method"] != "pca":
        found.append(Button("anew", "Compute anew", help="another map may come out: with other versions or another machine, from the same seed too"))
    found.append(Label("axis", "axis from A to B"))
    for name, end in ENDS.items():
        label = f"{end}: {offered.ends[end]:,}" if end in offered.ends else f"Set {end}"
        found.append(Button(name, label, help=_END.format(end)))
    if offered.ends:
        found.append(Button("no_axis", "Clear axis", help="take A and B away"))
    return found


def _whats(offered: Offered) -> tuple[Option, ...]:
    few = f"a map of clips needs four or more; there {'is' if offered.clips == 1 else 'are'} {offered.clips}" if offered.clips < 4 else ""
    still = "the model sees one time step" if offered.ticks < 2 else ""
    why: dict[Level, str] = {"clip": few, "frames": still, "tokens": ""}
    return tuple(Option(value, words, disabled=bool(why[value]), reason=why[value]) for value, words in _WHAT.items())


def _layers(count: int) -> tuple[Option, ...]:
    return (Option(OUTPUT, "output"), *(Option(k, f"block {k + 1} of {count}") for k in range(count - 1, -1, -1)))
