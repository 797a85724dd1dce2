"""A Jepa: a card, a report, and parts. Families build them, measures use them; neither knows the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.core.card import LoadReport, ModelCard
from workbench.core.clip import Clip
from workbench.core.errors import PartUnavailable
from workbench.model.latents import Latents
from workbench.model.spec import ActionSpec, Prepared

Look = Callable[[Tensor], Tensor]


class Encoder(ABC):
    """Pixels to latents. `weights` names which copies the file holds: "target", "context" or both."""

    weights: tuple[str, ...]
    layers: int

    @abstractmethod
    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """Size, crop and normalise clips as in training. All clips of one call get one grid.

        Raises:
            ClipError: the clips cannot share a grid, or one is too small or too short.
        """

    @abstractmethod
    def encode(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        *,
        weights: str = "target",
        visible: Bool[Tensor, "batch ticks rows cols"] | None = None,
        layer: int | None = None,
    ) -> Latents:
        """Latents of the visible tokens, NaN elsewhere. Hidden tokens never enter the encoder.

        Args:
            weights: one of `self.weights`. visible: None = all; the rows of a batch may see different numbers of tokens.
            layer: output of block `layer`, before the final norm; None: after the final norm.
        """

    def layered(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        *,
        weights: str = "target",
        visible: Bool[Tensor, "batch ticks rows cols"] | None = None,
    ) -> tuple[Latents, ...]:
        """What `encode` gives for each block in turn, and last for `layer=None`.

        Encoders whose blocks can be read on the way do it in one forward pass; here it takes one pass a layer.
        """
        return tuple(self.encode(video, weights=weights, visible=visible, layer=layer) for layer in (*range(self.layers), None))

    def attention(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        look: Look,
        *,
        weights: str = "target",
        visible: Bool[Tensor, "batch ticks rows cols"] | None = None,
    ) -> list[Tensor]:
        """What `look` keeps of each block's attention weights, which are computed for it beside the usual forward pass.

        Args:
            look: is given weights [rows, heads, queries, keys]: softmax over the keys. A row is a clip, or a frame where each frame is encoded for
                itself; class and register tokens come before the visible tokens, which are in row-major order.

        Raises:
            PartUnavailable: the attention of this encoder cannot be read.
        """
        del video, look, weights, visible
        raise PartUnavailable(
            "the attention of this encoder cannot be read", where="encoder", fix="open a checkpoint whose encoder is a ViT on patches"
        )


class MaskedPredictor(ABC):
    """Context to predicted targets. `mask_tokens` is how many learned mask tokens there are."""

    mask_tokens: int

    @abstractmethod
    def targets(
        self, video: Float[Tensor, "batch channels frames height width"], visible: Bool[Tensor, "batch ticks rows cols"] | None = None
    ) -> Latents | None:
        """What the training loss compares with: the EMA teacher and its own normalisation. None where the teacher is not in the file.

        Args:
            visible: gives the target encoder only these tokens (for the *copy* and *smooth* baselines); None = all, as in training.
        """

    @abstractmethod
    def predict(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> tuple[Latents, ...]:
        """One prediction a block, NaN at tokens that are not its targets. The context is encoded once.

        Args:
            mask_token: which learned mask token; None = the family's default.
        """

    def attention(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        look: Look,
        *,
        mask_token: int | None = None,
    ) -> list[Tensor]:
        """What `look` keeps of each of the predictor's blocks, as of `Encoder.attention`: context tokens first, then targets, each in row-major order.

        Raises:
            PartUnavailable: the attention of this predictor cannot be read.
        """
        del video, context, targets, look, mask_token
        raise PartUnavailable("the attention of this predictor cannot be read", where="masked", fix="open a checkpoint whose predictor is a ViT")

    def by_depth(
        self,
        video: Float[Tensor, "batch channels frames height width"],
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> list[tuple[Latents, ...]]:
        """What `predict` would give if the predictor ended after its first block, its second, and so on: the same norm and output layer on each.

        Raises:
            PartUnavailable: the blocks of this predictor cannot be read.
        """
        del video, context, targets, mask_token
        raise PartUnavailable("the blocks of this predictor cannot be read", where="masked", fix="open a checkpoint whose predictor is a ViT")


class Dynamics(ABC):
    """Past and actions to future. `history` is (least, most) ticks of context; `action` None: no actions needed."""

    history: tuple[int, int]
    action: ActionSpec | None

    @abstractmethod
    def embed(self, video: Float[Tensor, "batch channels frames height width"], states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """Frame by frame latents, normalised as the predictor expects them."""

    @abstractmethod
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """The primitive, teacher-forced: answer k predicts tick k + 1."""

    @abstractmethod
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """Open loop for `horizon` ticks, states advanced. actions[k] leaves tick k: moves == context ticks − 1 + horizon."""


class Decoder(ABC):
    """Latents back to pixels. `note` is the label of what it draws."""

    note: str = "decoded by the model's own decoder"

    @abstractmethod
    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width channels"]:
        """What the decoder draws for these latents."""


class Head(ABC):
    """Latents of a clip to labels that were trained on top; no part of a JEPA's own training. `labels` are in the order of the numbers."""

    labels: tuple[str, ...]

    @abstractmethod
    def classify(
        self, video: Float[Tensor, "batch channels frames height width"]
    ) -> tuple[Float[Tensor, "batch labels"], Float[Tensor, "batch ticks rows cols"]]:
        """The probability of each label, and the share of its attention that the head gave to each token; both sum to one."""

    @abstractmethod
    def untrained(self, seed: int) -> Head:
        """The same head with its published initialisation, on the same trained encoder: the baseline."""


@dataclass(frozen=True, eq=False)
class Jepa:
    """A model as measures see it. A part is present or None.

    Args:
        untrained: seed -> the same architecture with its published initialisation: the twin.
    """

    card: ModelCard
    report: LoadReport
    encoder: Encoder
    untrained: Callable[[int], Jepa]
    masked: MaskedPredictor | None = None
    dynamics: Dynamics | None = None
    decoder: Decoder | None = None
    head: Head | None = None

    def need_masked(self) -> MaskedPredictor:
        """The masked predictor, with a whole context encoder and target encoder behind it.

        Raises:
            PartUnavailable: the part is missing or did not load whole.
        """
        self.report.require("encoder_context", "masked")
        if self.masked is None:
            raise PartUnavailable("this model has no masked predictor", where=self.report.path, fix="open a checkpoint that holds one")
        return self.masked

    def need_dynamics(self) -> Dynamics:
        """The dynamics, with the encoder that feeds it.

        Raises:
            PartUnavailable: the part is missing or did not load whole.
        """
        self.report.require(*(p.name for p in self.report.parts if p.name.startswith("encoder") and p.matched), "dynamics")
        if self.dynamics is None:
            raise PartUnavailable("this model has no dynamics", where=self.report.path, fix="open a checkpoint with an action-conditioned predictor")
        return self.dynamics

    def need_head(self) -> Head:
        """The head for labels, with the encoder that feeds it.

        Raises:
            PartUnavailable: the part is missing or did not load whole.
        """
        self.report.require("encoder_context", "head")
        if self.head is None:
            raise PartUnavailable(
                "this model has no head for labels", where=self.report.path, fix="open a checkpoint of VJEPA2ForVideoClassification"
            )
        return self.head
