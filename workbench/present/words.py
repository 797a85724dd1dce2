from workbench.boards.masks.words import *  # noqa: F403
from workbench.core.numbers import *  # noqa: F403


def no_bank(reading: bool, adds: str) -> str:
    """What is not known of a single clip.

    Args:
        reading: a bank is being read. adds: what it would add.
    """
    return f"Reading the bank, which adds {adds} …" if reading else f"Single clip: no interval. A bank, chosen beside the clip, would add {adds}."
