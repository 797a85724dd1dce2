"""Still images of one coloured shape on a patterned ground: ten known factors, drawn by arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput

SHAPES = ("disc", "square", "triangle", "star", "cross", "ring")
GROUNDS = ("plain", "stripes", "checker", "gradient")
SIDE = 64
_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Factors:
    """What is true of each image. Lengths are in half image sides: 0 is the middle, ±1 the borders.

    Args:
        shape: index into SHAPES. hue: of the shape, 0 to 1, a circle. size: its radius. x, y: its middle, right and down.
        angle: its turn in radians. ground: index into GROUNDS. ground_hue: 0 to 1, a circle.
        frequency: of the ground's pattern. ground_angle: of the pattern, in radians.
    """

    shape: Int[np.ndarray, "images"]
    hue: Float[np.ndarray, "images"]
    size: Float[np.ndarray, "images"]
    x: Float[np.ndarray, "images"]
    y: Float[np.ndarray, "images"]
    angle: Float[np.ndarray, "images"]
    ground: Int[np.ndarray, "images"]
    ground_hue: Float[np.ndarray, "images"]
    frequency: Float[np.ndarray, "images"]
    ground_angle: Float[np.ndarray, "images"]

    def __len__(self) -> int:
        return len(self.shape)

    def __getitem__(self, which: slice | Int[np.ndarray, "kept"]) -> Factors:
        return Factors(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def table(self) -> dict[str, np.ndarray]:
        """The factors by name, as a bank stores them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def draw(images: int, seed: int) -> Factors:
    """Factors of so many images, each drawn on its own.

    Args:
        images: how many. seed: the same seed gives the same images.

    Raises:
        BadInput: fewer than one image.
    """
    if images < 1:
        raise BadInput(f"a world of {images} images is empty", where="images", fix="ask for at least one")
    rng = np.random.default_rng(seed)

    def between(low: float, high: float) -> Float[np.ndarray, "images"]:
        return rng.uniform(low, high, images).astype(np.float32)

    return Factors(
        shape=rng.integers(0, len(SHAPES), images),
        hue=between(0, 1),
        size=between(0.45, 0.8),
        x=between(-0.4, 0.4),
        y=between(-0.4, 0.4),
        angle=between(0, 2 * np.pi),
        ground=rng.integers(0, len(GROUNDS), images),
        ground_hue=between(0, 1),
        frequency=between(2, 5),
        ground_angle=between(0, np.pi),
    )


def render(factors: Factors, towards: Int[np.ndarray, "images"] | None = None, share: float = 0.0) -> UInt8[np.ndarray, "images 64 64 3"]:
    """The images of these factors, edges smoothed over one pixel.

    Args:
        towards: kinds that the shapes are on the way to. share: how far on the way, 0 to 1.
    """
    kinds = factors.shape if towards is None else towards
    parts = [_render(factors[i : i + _CHUNK], kinds[i : i + _CHUNK], share) for i in range(0, len(factors), _CHUNK)]
    return np.concatenate(parts)


def clips(images: int, seed: int) -> list[Clip]:
    """So many stills of this world; where each came from is in `source`."""
    pixels = render(draw(images, seed))
    return [Clip(p[None], source=f"shapes world, seed {seed}, image {i}") for i, p in enumerate(pixels)]


def _render(f: Factors, towards: Int[np.ndarray, "images"], share: float) -> UInt8[np.ndarray, "images 64 64 3"]:
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    down, across = axis[:, None], axis[None, :]
    edge = _distance(f, across, down)
    if share:
        edge = (1 - share) * edge + share * _distance(replace(f, shape=towards), across, down)
    inside = np.clip(0.5 - edge * SIDE / 2, 0, 1)[..., None]
    ground = colour(f.ground_hue, 0.5, 0.45)[:, None, None] * (1 + 0.45 * _pattern(f, across, down)[..., None])
    image = ground * (1 - inside) + colour(f.hue, 0.85, 0.95)[:, None, None] * inside
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)


def _distance(f: Factors, across: np.ndarray, down: np.ndarray) -> Float[np.ndarray, "images 64 64"]:
    """Signed distance to the shape's edge, about right near it; negative inside."""
    dx, dy = across - f.x[:, None, None], down - f.y[:, None, None]
    cos, sin = np.cos(f.angle)[:, None, None], np.sin(f.angle)[:, None, None]
    a, b, r = dx * cos + dy * sin, dy * cos - dx * sin, f.size[:, None, None]
    out = np.empty_like(a)
    for shape in range(len(SHAPES)):
        of = f.shape == shape
        if of.any():
            out[of] = _edge(SHAPES[shape], a[of], b[of], r[of])
    return out


def _edge(shape: str, a: np.ndarray, b: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Distance to one kind of shape of radius r around the origin."""
    radius = np.sqrt(a * a + b * b + 1e-8)
    if shape == "disc":
        return radius - r * 0.85
    if shape == "ring":
        return np.abs(radius - r * 0.72) - r * 0.2
    if shape == "square":
        return np.maximum(np.abs(a), np.abs(b)) - r * 0.75
    if shape == "cross":
        bar, post = np.maximum(np.abs(a) - r, np.abs(b) - r * 0.3), np.maximum(np.abs(a) - r * 0.3, np.abs(b) - r)
        return np.minimum(bar, post)
    if shape == "star":
        return 0.6 * (radius - r * (0.62 + 0.38 * np.cos(5 * np.arctan2(b, a))))
    sides = [a * np.float32(np.cos(k)) + b * np.float32(np.sin(k)) for k in (0.0, 2 * np.pi / 3, 4 * np.pi / 3)]
    return np.maximum.reduce(sides) - r * 0.55


def _pattern(f: Factors, across: np.ndarray, down: np.ndarray) -> Float[np.ndarray, "images 64 64"]:
    """The ground's pattern, −1 to 1."""
    cos, sin = np.cos(f.ground_angle)[:, None, None], np.sin(f.ground_angle)[:, None, None]
    along, aside = across * cos + down * sin, down * cos - across * sin
    waves = 3 * f.frequency[:, None, None]
    out = np.zeros_like(along)
    for ground, name in enumerate(GROUNDS):
        of = f.ground == ground
        if name == "stripes":
            out[of] = np.clip(3 * np.sin(along[of] * waves[of]), -1, 1)
        elif name == "checker":
            out[of] = np.clip(6 * np.sin(along[of] * waves[of]) * np.sin(aside[of] * waves[of]), -1, 1)
        elif name == "gradient":
            out[of] = along[of]
    return out


def colour(hue: Float[np.ndarray, "images"], saturation: float, value: float) -> Float[np.ndarray, "images 3"]:
    """RGB, 0 to 1, of hues on the colour circle at one saturation and value."""
    turns = (np.array([5, 3, 1], np.float32) + hue[:, None].astype(np.float32) * 6) % 6
    return value - value * saturation * np.clip(np.minimum(turns, 4 - turns), 0, 1)
