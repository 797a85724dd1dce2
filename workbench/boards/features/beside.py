"""The same clip, layer and map with the second model in the large picture, the first beside it, while B is held on the Features board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from widgets import PatchCanvas
from workbench.boards import code
from workbench.boards.base import Board
from workbench.boards.beside import Beside
from workbench.boards.features import drawn, words
from workbench.boards.features.drawn import NOTHING, ROLLOUT, TokenMap
from workbench.boards.features.known import FLAT, Known
from workbench.boards.features.queries import FeatureQueries
from workbench.boards.layout import fill
from workbench.boards.masks.views import clip_traits
from workbench.boards.workspace import renew
from workbench.core.errors import BadInput
from workbench.core.numbers import number
from workbench.core.place import alike
from workbench.core.questions.features import (
    Attention,
    AttentionResult,
    FeatureMaps,
    Features,
    JointFeatures,
    JointMaps,
    Similarity,
    SimilarityResult,
)
from workbench.query import Query

_FIGURES = {
    "pca": "Variance in three components",
    "norm": "Median norm",
    "similarity": "Mean cosine with the other tokens of the clip",
    "attention": "Entropy of the attention",
    "predictor": "Entropy of the attention",
}


@runtime_checkable
class Shows(Protocol):
    """The board, as far as it is needed here."""

    canvas: PatchCanvas
    beside: PatchCanvas
    asked: FeatureQueries

    @property
    def value(self) -> Mapping[str, Any]: ...

    @property
    def known(self) -> Known: ...


class BesideB:
    """Asks the second model what the first one was asked. PCA maps of both are drawn in one basis, where there is a bank to fit it on.

    Args:
        board: whose headline speaks. shown: the same board, whose pictures show it.
    """

    def __init__(self, board: Board, shown: Shows) -> None:
        self.board, self.shown, self.second = board, shown, board.second
        self.maps = Beside[FeatureMaps](board, "features.second", self._maps, lambda _: self._draw())
        self.joint = Query[JointMaps](board.space, "features.joint", lambda _: self._draw(), lambda _: self._draw())
        self.similar = Beside[SimilarityResult](board, "features.second_similar", self._similar, lambda _: self._draw())
        self.attention = Beside[AttentionResult](board, "features.second_attention", self._attention, lambda _: self._draw())

        self._tried = ""  # digest of what was asked of both models last

    def forget(self) -> None:
        """Another model is looked at."""
        for each in (self.maps, self.joint, self.similar, self.attention):
            each.forget()
        self._tried = ""

    def ask(self) -> None:
        """Show the second model, or ask for it."""
        kind = self.shown.value["map"]
        if kind in FLAT:
            self.maps.ask()
        else:
            (self.similar if kind == "similarity" else self.attention).ask()

    def _fits(self) -> bool:
        """Whether the second model was shown the clip.

        Raises:
            BadInput: its tokens lie in other places than those of the first, or it has fewer layers.
        """
        first, second, layer = self.second.first, self.second.seen, self.shown.value["layer"]
        if first is None or second is None:
            return False
        if not alike(first.shown.grid, second.shown.grid):
            shapes = [" × ".join(map(str, each.shown.grid.shape)) for each in (second, first)]
            what = f"its tokens ({shapes[0]}) lie in other places than those of {first.name} ({shapes[1]})"
            raise BadInput(what, where="B", fix="maps are compared token by token: open a model of the same patch size and crop")
        if first.facts.layers > layer >= second.facts.layers:
            raise BadInput(
                f"it has {second.facts.layers} blocks, block {layer + 1} is not there", where="B", fix="choose a lower layer, or the output"
            )
        return True

    def _maps(self) -> Features | None:
        wanted = self.shown.asked.features(self.shown.value, "model")
        return self.second.ask(wanted) if wanted is not None and self._fits() else None

    def _similar(self) -> Similarity | None:
        wanted = self.shown.asked.similarity(self.shown.value)
        return self.second.ask(wanted) if wanted is not None and self._fits() else None

    def _attention(self) -> Attention | None:
        wanted = self.shown.asked.attending(self.shown.value)
        return self.second.ask(wanted) if wanted is not None and self._fits() else None

    def _joint(self) -> JointFeatures | None:
        """One basis of both models; None without a bank, and for maps other than the components."""
        first, second, value = self.second.first, self.second.seen, self.shown.value
        if first is None or second is None or first.bank is None or value["map"] != "pca" or not self._fits():
            return None
        own, other = (None if value["layer"] >= each.facts.layers else value["layer"] for each in (first, second))
        return JointFeatures(first.model, second.model, first.clip, first.bank, own, other, weights=value["encoder"])

    def _draw(self) -> None:
        """The second model, once it is known whether both can be drawn in one basis."""
        if not self.board.other or self.second.seen is None:
            return
        joint = self._joint()
        if joint is not None and joint.digest != self._tried:
            self._tried = joint.digest
            self.joint.ask(joint)
        if joint is None or not self.joint.awaits(joint):
            self._show(self.joint.answer if joint is not None and self.joint.answers(joint) else None)

    def _show(self, joint: JointMaps | None) -> None:
        """Both models, the second one large. joint: their components in one basis."""
        value, seen, first = self.shown.value, self.second.seen, self.second.first
        if seen is None or first is None:
            return
        layer, kind = value["layer"], value["map"]
        own = self.shown.known.map("model")
        theirs = self._map(kind, layer, value["head"])
        if joint is not None:
            agree = f"the same basis: components correlate {_listed(joint.agreement)}, by position alone {_listed(joint.position)}"
            own, theirs = TokenMap("one basis for both models", colours=joint.colours[0]), TokenMap(agree, colours=joint.colours[1])
        board, fresh = self.shown, {"hint": "", "busy": False, "message": ""}
        if theirs is not None:
            named = {"overlay_label": f"{seen.name}: {theirs.name}", "version": board.canvas.version + 1}
            fill(board.canvas, {**theirs.traits(), **named, "hint": "", "busy": False})
        if own is not None:
            named = {"overlay_label": f"{first.name}: {own.name}", "version": board.beside.version + 1, "tick": board.canvas.tick}
            fill(board.beside, {**clip_traits(first.shown), **own.traits(), **named, **fresh})
        else:
            fill(board.beside, {**NOTHING, **fresh})
        renew(*self.board.pictures())
        self._speak(joint)

    def _map(self, kind: str, layer: int, head: int) -> TokenMap | None:
        """The map of the second model."""
        if kind in FLAT:
            found = self.maps.answer
            return None if found is None else (drawn.components if kind == "pca" else drawn.norms)(found, layer)
        if kind == "similarity":
            return None if self.similar.answer is None else drawn.cosines(self.similar.answer)
        return None if self.attention.answer is None else drawn.attended(self.attention.answer, layer, head)

    def _speak(self, joint: JointMaps | None) -> None:
        """Both numbers, then the sentence on the second model; and whether colours mean the same."""
        value, known = self.shown.value, self.shown.known
        layer, kind, head = value["layer"], value["map"], value["head"]
        beside = self.maps if kind in FLAT else self.similar if kind == "similarity" else self.attention
        asked, answer = beside.query.question, beside.answer
        if asked is None or answer is None:
            return
        mine = known.features("model") if kind in FLAT else known.similar() if kind == "similarity" else known.attention()
        first = "…" if mine is None else figure(mine, kind, layer, head)
        sentence, tone, detail = "", "plain", ""
        if isinstance(answer, FeatureMaps):
            sentence, tone = (words.map_sentence if kind == "pca" else words.norm_sentence)(answer, layer, {}, held="model")
            detail = joint_words(joint) if kind == "pca" else ""
        elif isinstance(answer, SimilarityResult):
            blocks = 0 if self.second.seen is None else self.second.seen.facts.layers
            sentence, tone = words.similar_sentence(answer, words.layer_name(("",) * (blocks + 1), layer))
        else:
            sentence, tone = words.attention_sentence(answer, layer, head)
        subject = self.second.subject
        lines = code.reproduced(asked, answer, None if subject is None else subject.sample)
        if joint is not None and self.joint.question is not None:
            lines = f"{code.reproduced(self.joint.question, joint, self.board.space.sample)}\n\n{lines}"
        self.board.say_both(_FIGURES[kind], first, figure(answer, kind, layer, head), sentence, tone, detail, lines)


def joint_words(joint: JointMaps | None) -> str:
    """What colours of two models say of each other."""
    if joint is None:
        return "Each model has a basis of its own, which needs a bank to be shared: equal colours do not mean the same."
    return (
        f"Colours of both pictures are in one basis (CCA over {joint.clips} clips): correlation {_listed(joint.agreement)} on {joint.held_out} other clips; "
        f"by position alone {_listed(joint.position)}."
    )


def _listed(values: np.ndarray) -> str:
    return ", ".join(map(number, values.tolist()))


def figure(found: FeatureMaps | SimilarityResult | AttentionResult, kind: str, layer: int, head: int) -> str:
    """The number of one model that stands beside the other's."""
    if isinstance(found, FeatureMaps):
        k = drawn.place(found, layer)
        return words.percent(found.explained[k].sum()) if kind == "pca" else number(float(np.median(found.norms[k])))
    if isinstance(found, SimilarityResult):
        return number(found.others[0])
    rows = found.entropy if head == ROLLOUT else found.entropy[min(layer, len(found.entropy) - 1)]
    return number(float(rows.mean() if head < 0 else rows[min(head, len(rows) - 1)]))
