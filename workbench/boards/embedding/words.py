"""How far a map can be trusted, and what the model adds, in words."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.numbers import number
from workbench.core.questions.neighbours import LabelsResult
from workbench.core.questions.projection import MapResult, TrustResult
from workbench.core.questions.rows import RowTable

METHODS = {"pca": "PCA", "umap": "UMAP", "fastumap": "fast UMAP", "tsne": "t-SNE"}
WHO = {"model": "", "untrained": "Untrained: ", "pixels": "Raw pixels: ", "position": "Position only: ", "shuffled": "Shuffled columns: "}
HELD = {"model": "", "untrained": "untrained", "pixels": "raw pixels", "position": "position only", "shuffled": "shuffled columns"}
POSITION = "Structure in this map comes from position alone. Always by PCA: the neighbours of a copy are copies, so UMAP and t-SNE have no layout."
SHUFFLED = "Each feature is permuted over the points on its own: what structure remains is there by chance."
UNHELD = {
    "other": "Another image has no meaning here: the encoder is given the clip itself, and no context that could be exchanged.",
    "clip": "Whole clips have no position: choose tokens or frames as points.",
    "one": "There is one clip, and its mean over clips is itself.",
    "elsewhere": "These vectors come from a file: there is no model and there are no clips to compute this baseline from.",
    "rows": "The rows of this file have no position.",
}
ALIKE = "Tokens and frames of one clip are near each other anyway: how well neighbours tell a label is scored on the map of clips."
_BETTER = {"pixels": "raw pixels", "untrained": "the untrained model"}
_NEAR = 0.02  # a map whose trust is so near to that of shuffled columns shows nothing of the vectors


def trust_sentence(found: TrustResult, method: str, source: str = "model", of: int = 0) -> tuple[str, str]:
    """How far a map can be trusted, beside shuffled columns and PCA; "warn" where it is no better than shuffled columns.

    Args:
        of: how many points there are, where the map is of some of them only.
    """
    own, mixed, plain = found.trust, found.shuffled, found.pca
    pair = f"{number(own.trustworthiness)}, continuity {number(own.continuity)}"
    beside = f"shuffled columns {number(mixed.trustworthiness)} and {number(mixed.continuity)}"
    if method != "pca":
        beside += f"; PCA {number(plain.trustworthiness)} and {number(plain.continuity)}"
    said = f"rustworthiness {pair} ({beside})."
    before = WHO[source] + (f"Map of {found.n:,} of {of:,} points. " if found.n < of else "")
    if own.trustworthiness - mixed.trustworthiness < _NEAR:
        return f"{before}The map is no more faithful than one of shuffled columns: t{said}", "warn"
    if method != "pca" and own.trustworthiness < plain.trustworthiness - _NEAR:
        return f"{before}Less faithful than PCA: t{said}", "warn"
    return f"{before}Map t{said}", "plain"


def shuffled_sentence(found: TrustResult, of: TrustResult | None) -> str:
    """Trust of the map of shuffled columns, beside that of the vectors themselves."""
    own = found.trust
    pair = f"trustworthiness {number(own.trustworthiness)}, continuity {number(own.continuity)}"
    beside = "" if of is None else f" (the vectors themselves {number(of.trust.trustworthiness)} and {number(of.trust.continuity)})"
    return f"{WHO['shuffled']}{pair}{beside}."


def position_sentence(found: TrustResult) -> str:
    """How many vectors are left where position alone tells them apart."""
    return f"{WHO['position']}{found.n - found.duplicates:,} different vectors for {found.n:,} points, each the mean over clips at its position."


def judged_words(found: TrustResult) -> str:
    """How many points trust is the mean over, where these are not all."""
    judged = len(found.distortion.rows)
    return "" if judged == found.n else f"Trust: the mean over {judged:,} points taken at random, each against all {found.n:,}."


def labels_words(name: str, found: Mapping[str, LabelsResult]) -> str:
    """How well neighbours in the full space predict a column: the model beside untrained, raw pixels and permuted labels, with what does as well first."""
    own = found.get("model")
    if own is None:
        return ""
    others = [f"{words} {number(found[who].value)}" for who, words in (("untrained", "untrained"), ("pixels", "raw pixels")) if who in found]
    lost = [_BETTER[who] for who in ("pixels", "untrained") if who in found and found[who].value >= own.value]
    lost += ["permuted labels"] if own.shuffled >= own.value else []
    verdict = f"No better than {' and '.join(', '.join(lost).rsplit(', ', 1))}: " if lost else ""
    score = "accuracy" if own.kind == "labels" else "R²"
    beside = ", ".join([*others, f"permuted labels {number(own.shuffled)}"])
    of = f"{score} for {name} of {own.k} nearest neighbours in the full space"
    said = f"{of}: {number(own.value)} [{number(own.score.low)} to {number(own.score.high)}], n = {own.n:,}; {beside}."
    return verdict + (said if lost else said[0].upper() + said[1:])


def map_words(found: MapResult, table: RowTable, crowded: str = "") -> str:
    """How the map was made: variance that its axes hold, settings, seed and versions, and what is not on it.

    Args:
        crowded: which columns cannot colour it; see `columns.crowded`.
    """
    parts = list(table.notes)
    if found.explained_variance:
        shares = " and ".join(f"{share:.0%}".replace("%", " %") for share in found.explained_variance[:2])
        parts.append(f"the axes hold {shares} of the variance")
    else:
        parts.append(f"{METHODS[found.method]}, {found.k} neighbours, {found.origin}")
    if found.stored:
        parts.append("read from the store" if not found.explained_variance else f"{found.origin}, read from the store")
    parts += found.notes
    if len(found.fitted) < found.n:
        parts.append(f"fitted on {len(found.fitted):,} of {found.n:,} points")
    if table.frame is not None and table.token is None and int(table.frame.max(initial=0)) > 0:
        parts.append("lines join the frames of a clip in the order of time, a ring is the time cursor")
    if table.left_out:
        parts.append(f"rows with NaN or infinity, left out: {table.left_out:,}")
    parts += [crowded] if crowded else []
    if table.skipped:
        name, why = table.skipped[0]
        more = f" and {len(table.skipped) - 1} more" if len(table.skipped) > 1 else ""
        parts.append(f"not read: {name}{more} ({why})")
    said = "; ".join(parts) + "."
    return said[:1].upper() + said[1:]


def anew(found: MapResult) -> tuple[str, str]:
    """What computing a map anew replaces, and what may come out."""
    kept = f"The stored map was {found.origin}. Replace it?"
    return (
        kept,
        "Saved coordinates, selections drawn on this map and figures of papers keep the old places of points. The old map cannot be brought back.",
    )


def too_few(count: int, least: int) -> str:
    """Why the selected points cannot be projected alone."""
    return (
        f"A map of the selected points needs at least {least} of them; {'one is' if count == 1 else f'{count} are' if count else 'none is'} selected."
    )


def title(found: MapResult, what: str, source: str, of: int) -> str:
    """What the map is. of: how many points there are."""
    points = {"clip": "clips"}.get(what, what)
    who = f", {HELD[source]}{' model' if source == 'untrained' else ''}" if HELD[source] else ""
    return f"{METHODS[found.method]} of {found.n:,}{f' of {of:,}' if found.n < of else ''} {points}{who}"


def axes(found: MapResult) -> tuple[str, str]:
    """What x and y are; nothing where they mean nothing by themselves."""
    if not found.explained_variance:
        return "", ""
    shares = [f"{share:.0%}".replace("%", " %") for share in found.explained_variance]
    return f"component 1 ({shares[0]})", f"component 2 ({shares[1]})"


def estimate(clips: int, rows: int, dim: int, parameters: int) -> str:
    """What an embedding that waits to be asked for will hold."""
    size = rows * dim * 4
    text = f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.1f} MB"
    return (
        f"{clips:,} clips, {rows:,} points: about {text} in the store; {parameters / 1e6:,.0f} M parameters. "
        "Time left is shown once the first clips are done."
    )


def going(done: int, total: int, seconds: float) -> str:
    """Progress of an embedding, with rate and time left."""
    if not done or seconds < 0.5:
        return f"Embedding: {done:,} of {total:,} clips …"
    rate = done / seconds
    left = (total - done) / rate
    time = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
    return f"Embedding: {done:,} of {total:,} clips, {rate:.3g} a second, about {time} left …"
