"""What boards ask of a small world: films that can be drawn from their states, and broken at a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Float, UInt8


class Scene(ABC):
    """A world whose films are drawn from their states. Places are sides of the picture: x right, y down, 0 to 1. thing: what moves in it."""

    name: str
    thing: str

    @abstractmethod
    def render(self, states: Float[np.ndarray, "frames state"]) -> UInt8[np.ndarray, "frames height width 3"]:
        """The states as pictures."""

    @abstractmethod
    def moved(
        self, states: Float[np.ndarray, "frames state"], actions: Float[np.ndarray, "moves action"] | None, frame: int, x: float, y: float
    ) -> Float[np.ndarray, "frames state"]:
        """A film in which the thing is suddenly elsewhere at a frame, through a wall or away, and goes on from there as the world does."""

    @abstractmethod
    def where(self, states: Float[np.ndarray, "... state"]) -> Float[np.ndarray, "... 2"]:
        """Where the thing that moves is."""
