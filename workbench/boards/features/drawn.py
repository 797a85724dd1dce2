"""Maps of tokens as the canvases take them: components as colours, norms, cosines and attention as values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from widgets.palette import scale
from workbench.core.questions.features import AttentionResult, FeatureMaps, SimilarityResult, shuffled_places

MEAN, ROLLOUT = -1, -2  # in place of the number of a head
_SMALL = 96  # pixels that a small picture has at least


@dataclass(frozen=True, eq=False)
class TokenMap:
    """A map of the tokens of a clip.

    Args:
        name: what it shows. colours: of each token; None where it has values. values: NaN = nothing there. ends: of their colours. unit: of them.
        signed: brown–teal with 0 in the middle, else cividis. crossed: tokens that are marked.
    """

    name: str
    colours: UInt8[np.ndarray, "ticks rows cols 3"] | None = None
    values: Float[np.ndarray, "ticks rows cols"] | None = None
    ends: tuple[float, float] = (0.0, 1.0)
    unit: str = ""
    signed: bool = False
    crossed: tuple[int, ...] = ()

    def traits(self) -> dict[str, object]:
        """As a `PatchCanvas` lays it over its picture."""
        return {
            "colours": b"" if self.colours is None else np.ascontiguousarray(self.colours).tobytes(),
            "overlay": b"" if self.values is None else np.ascontiguousarray(self.values, np.float32).tobytes(),
            "overlay_range": [] if self.values is None else [float(end) for end in self.ends],
            "overlay_map": "signed" if self.signed else "cividis",
            "overlay_label": self.name,
            "overlay_unit": self.unit,
            "crossed": list(self.crossed),
        }

    def small(self, tick: int) -> UInt8[np.ndarray, "height width 3"]:
        """A time step as a small picture, tokens as squares of several pixels."""
        found = self.colours[tick] if self.colours is not None else _inked(np.asarray(self.values)[tick], self.ends, signed=self.signed)
        times = -(-_SMALL // max(found.shape[:2]))
        return found.repeat(times, 0).repeat(times, 1)


NOTHING = TokenMap("").traits()


def _inked(values: Float[np.ndarray, "rows cols"], ends: tuple[float, float], *, signed: bool) -> UInt8[np.ndarray, "rows cols 3"]:
    """Values in the colours of their scale; grey where there is none."""
    stops = np.array([list(bytes.fromhex(ink[1:])) for ink in scale("signed" if signed else "cividis")], float)
    share = np.clip((values - ends[0]) / max(ends[1] - ends[0], 1e-12), 0, 1) * (len(stops) - 1)
    known = np.nan_to_num(share)
    inks = np.stack([np.interp(known, np.arange(len(stops)), stops[:, part]) for part in range(3)], -1)
    return np.where(np.isnan(values)[..., None], 150, np.round(inks)).astype(np.uint8)


def place(maps: FeatureMaps, layer: int) -> int:
    """Where a layer stands in an answer: raw pixels have a single one."""
    return min(layer, len(maps.layers) - 1)


def components(maps: FeatureMaps, layer: int) -> TokenMap:
    """The first three principal components as red, green and blue."""
    k = place(maps, layer)
    shares = ", ".join(f"{ink} {100 * share:.0f} %" for ink, share in zip(("red", "green", "blue"), maps.explained[k], strict=True))
    return TokenMap(shares, colours=maps.colours[k], crossed=_crossed(maps, k))


def norms(maps: FeatureMaps, layer: int) -> TokenMap:
    """The norm of each token; outliers are crossed."""
    k = place(maps, layer)
    values = maps.norms[k]
    return TokenMap("norm", values=values, ends=(float(values.min()), float(values.max())), crossed=_crossed(maps, k))


def _crossed(maps: FeatureMaps, k: int) -> tuple[int, ...]:
    return tuple(np.flatnonzero(maps.outliers[k]).tolist())


def cosines(found: SimilarityResult, source: str = "model") -> TokenMap | None:
    """Cosine of the token with every other; None where that source has none. source: as of `Features.source`."""
    values = {"model": found.map, "untrained": found.untrained, "pixels": found.pixels, "position": found.position}.get(source)
    if source == "shuffled":
        values = found.map.reshape(-1)[shuffled_places(found.map.size)].reshape(found.map.shape)
    if source == "other":
        values = found.beside if found.beside.size else None
    if values is None or np.isnan(values).all():
        return None
    return TokenMap("cosine", values=values, ends=(-1.0, 1.0), signed=True)


def attended(found: AttentionResult, layer: int, head: int, *, untrained: bool = False) -> TokenMap | None:
    """Where the token looks, in multiples of uniform attention; None where the untrained model cannot be asked.

    Args:
        head: its number, MEAN or ROLLOUT.
    """
    every = found.untrained if untrained else found.maps
    k = min(layer, len(every) - 1)
    if head == ROLLOUT:
        values, name = (None if untrained else found.rollout), "rollout"
    else:
        values = every[k].mean(0) if head == MEAN else every[k, min(head, every.shape[1] - 1)]
        name = "mean of heads" if head == MEAN else f"head {head + 1}"
    if values is None or np.isnan(values).all():
        return None
    times = values * np.isfinite(values).sum()
    return TokenMap(name, values=times, ends=(0.0, max(float(np.nanmax(times)), 1.0)), unit="× uniform")
