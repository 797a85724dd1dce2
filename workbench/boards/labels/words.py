"""What a head for labels says of a clip, in words: beside the untrained head and chance."""

from __future__ import annotations

from workbench.core.results import Classified

_LONGEST, _NEXT = 60, 2


def labels_sentence(found: Classified) -> tuple[str, str]:
    """The most likely label beside the untrained head, and the tone."""
    label, probability, untrained = found.best(1)[0]
    surest = float(found.baseline.max())
    if probability <= surest:
        what = f"The head is no surer than untrained: {_quoted(label)} {_share(probability)}, where the untrained head gives some label {_share(surest)}."
        return what, "warn"
    return (
        f"{_quoted(label)}, probability {_share(probability)}; the untrained head gives it {_share(untrained)}, and at most {_share(surest)} to any.",
        "plain",
    )


def labels_detail(found: Classified) -> str:
    """The labels that follow, and chance."""
    following = ", ".join(f"{_quoted(label)} {_share(p)}" for label, p, _ in found.best(1 + _NEXT)[1:])
    count = len(found.labels)
    chance = f"Chance is {_share(1 / count)} for each of {count} labels; the head knows no others."
    return f"Next: {following}. {chance}" if following else chance


def _quoted(label: str) -> str:
    """A label is text from a file: printable, and not too long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in label).split())
    return f"“{words if len(words) <= _LONGEST else words[: _LONGEST - 1] + '…'}”"


def _share(value: float) -> str:
    return f"{value:.3f}" if 0.0005 <= value < 0.9995 else f"{value:.1e}" if 0 < value < 0.0005 else f"{value:.2f}"
