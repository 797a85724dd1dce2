"""Torch blocks that several families share, under the official state-dict names."""
