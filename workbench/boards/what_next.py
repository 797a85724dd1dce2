"""What is open, and what is to be done next, in words: for a board that has nothing to show yet, and for the Open dialog."""

from __future__ import annotations

from pathlib import PurePath

from workbench.boards.workspace import Workspace


def next_step(space: Workspace) -> tuple[str, str]:
    """What is happening, and what the user does next; both "" where a clip is on screen and nothing is being opened."""
    if space.loading:
        return "The page is loading …", ""
    if space.opening:
        return f"{space.opening[:1].upper()}{space.opening[1:]} …", ""
    if space.vectors.there:
        return "", ""
    if space.facts is None:
        return "No model is open.", "Choose a sample or a checkpoint with Open …"
    if space.shown is None:
        return f"{space.facts.card.name} is open.", "Choose pictures or a video with Open …, or drop them here."
    return "", ""


def model_words(space: Workspace) -> str:
    """The open model in a few words; "none" where there is none."""
    if space.facts is None:
        return "none"
    return space.sample or space.facts.card.name


def data_words(space: Workspace) -> str:
    """The open clips in a few words; "none" where there are none."""
    key, facts = space.session.state.vectors, space.vectors.facts
    if key is not None and facts is not None:
        return f"{PurePath(key.path).name} · {facts.rows:,} vectors"
    if space.clips is None or space.shown is None:
        return "none"
    count = len(space.clips.names)
    return f"{space.clips.title} · {count} clip{'' if count == 1 else 's'}"


def bank_words(space: Workspace) -> str:
    """What baselines are taken over, in a few words."""
    if space.choice.bank:
        return space.choice.bank.rpartition("/")[2]
    return "the open data" if space.clips is not None and len(space.clips.names) > 1 else "none"
