"""The published checkpoints: what they are, where they lie, which of them this machine has already. No torch, and no network unless asked."""

from workbench.published.caches import Cached, find_cached
from workbench.published.search import search
from workbench.published.table import PUBLISHED, Published

__all__ = ["PUBLISHED", "Cached", "Published", "find_cached", "search"]
