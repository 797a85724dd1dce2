"""The Decode board, and the decoder that boards of one session share."""

from workbench.boards.decoding.board import DecodeBoard

__all__ = ["DecodeBoard"]
