"""What jepa-wms and DINO-WM have in common: a predictor of frames in one file, its image encoder and decoder in others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.merged import merge
from workbench.core.card import PARTS, LoadReport, ModelCard, PartReport
from workbench.core.errors import BadInput
from workbench.families.environments import settle_environment, settle_spec, settle_states
from workbench.families.frame_decoders import DrawPlan, find_decoder
from workbench.families.frame_dynamics import FrameDynamics, StateScale
from workbench.families.frozen_encoder import FrozenEncoder, find_encoder
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names, plan_part
from workbench.families.prepare import Preparation
from workbench.families.registry import Request
from workbench.families.settings import Settings
from workbench.model.jepa import Jepa
from workbench.model.spec import ActionSpec
from workbench.nn.class_vit import ClassVit
from workbench.nn.frame_decoder import FrameDecoder
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.rope_vit import RopeVit
from workbench.nn.vit import Vit
from workbench.nn.worlds import FrameWorld


@dataclass(frozen=True)
class WorldPlan:
    """A predictor before its weights are read.

    Args:
        names: canonical -> in the file, "predictor.…", "proprio_encoder.…". features: of a token of the encoder.
        actions: numbers in the vector of a step. states: numbers of a state; 0: it takes none. title: for the reader.
        ignore: canonical name -> why it is left out.
    """

    names: Names
    make: Callable[[], FrameWorld]
    features: int
    actions: int
    states: int
    title: str
    ignore: Mapping[str, str]


@dataclass(frozen=True)
class RunConfig:
    """How a predictor is run.

    Args:
        window: frames that a rollout looks back on. most: frames of a clip in training. normed: tokens are layer-normed on both sides.
        cell: pixels of a prepared frame a token; None: the patch of the encoder.
    """

    preparation: Preparation
    window: int
    most: int
    normed: bool = False
    cell: int | None = None


@dataclass(frozen=True, eq=False)
class FrameFamily:
    """One model: its predictor, and what becomes of it once the encoder is known.

    Args:
        habits: from what is known of the encoder; called with it, before the facts are closed. needed: names the encoder, for one who
            has not given it. own: file and names of an encoder that lies in the predictor's own file. places: of the encoder's heads, in the settings.
        ported: the encoder is run as Transformers runs it. normal: statistics of actions and states may be those that a world publishes.
    """

    name: str
    request: Request
    settings: Settings
    world: WorldPlan
    habits: Callable[[FrozenEncoder], RunConfig]
    needed: str
    card: Mapping[str, Any]
    own: Checkpoint | None = None
    places: tuple[str, ...] = ()
    ported: bool = False
    normal: bool = True

    def build(self) -> Jepa:
        """The model with its weights.

        Raises:
            BadInput: no encoder was given, or one of another width.
        """
        if self._encoder_file is None:
            fix = "give its file as encoder=…; `inspect` tells of the predictor without it"
            raise BadInput(f"the visual encoder is not in this file: it needs {self.needed}", where=str(self.request.checkpoint.path), fix=fix)
        return self._plan().build()

    def report(self) -> LoadReport:
        """The report without the weights, also of a predictor whose encoder was not given."""
        if self._encoder_file is not None:
            return self._plan().report()
        request, world = self.request, self.world
        reports = [PartReport("encoder_target", missing=(f"the visual encoder, {self.needed}: give its file as encoder=",))]
        if request.wants("dynamics"):
            reports.append(plan_part(request.checkpoint, "dynamics", world.make, world.names, world.ignore).report)
        settle_environment(self.settings, world.actions, world.states)
        self.settings.note("visual encoder", self.needed, "inferred", "it is not in this file: give its file as encoder=")
        facts = self.settings.close()
        return LoadReport(str(request.asked), self.name, tuple(reports), facts, request.checkpoint.bytes, self._other())

    @property
    def _encoder_file(self) -> Checkpoint | None:
        return open_checkpoint(self.request.encoder) if self.request.encoder is not None else self.own

    def _plan(self) -> NetPlan:
        request, settings, world = self.request, self.settings, self.world
        file = cast(Checkpoint, self._encoder_file)
        encoder = find_encoder(file, settings, places=self.places, ported=self.ported)
        if encoder.config.dim != world.features:
            what = f"the predictor takes tokens of {world.features} features, {file.path.name} gives {encoder.config.dim}"
            raise BadInput(what, where="encoder=", fix=f"give {self.needed}")
        why = f"{file.path.name}; of what the predictor was trained on only the width can be compared"
        settings.note("visual encoder", encoder.title, "given" if request.encoder else "read", why)
        habits = self.habits(encoder)
        environment = settle_environment(settings, world.actions, world.states) if self.normal else None
        spec = settle_spec(settings, environment, world.actions) if world.actions else None
        scale = settle_states(settings, environment, world.states)
        drawing = request.checkpoint if request.decoder is None else open_checkpoint(request.decoder)
        draw = find_decoder(drawing, settings, habits.preparation, world.features) if request.wants("decoder") else None
        if draw is None and request.decoder is not None:
            raise BadInput(f"{drawing.path.name} holds no decoder of frames", where="decoder=", fix="give a decoder of jepa-wms or DINO-WM")
        both = {"encoder": encoder.file} | ({"decoder": drawing} if draw is not None else {})
        found = {"encoder_target": _from("encoder", encoder.names), "dynamics": world.names}
        makers: dict[str, Callable[[], Any]] = {"encoder_target": encoder.make, "dynamics": world.make}
        ignore = {"encoder_target": encoder.ignore, "dynamics": world.ignore}
        if draw is not None:
            found["decoder"], makers["decoder"], ignore["decoder"] = _from("decoder", draw.names), draw.make, draw.ignore
        merged = replace(request, checkpoint=merge(request.checkpoint, **both))
        assemble = _Assembler(self, encoder, habits, spec, scale, draw)
        return NetPlan(self.name, f"{world.title} on {encoder.title}", merged, found, makers, assemble, settings.close(), ignore, self._other())

    def _other(self) -> tuple[str, ...]:
        """What of the file is not read."""
        used, groups = {*self.world.names.values()}, dict[str, int]()
        for info in self.request.checkpoint.tensors.values():
            if info.name not in used and info.group not in ("encoder", "decoder", "backbone"):
                groups[info.group] = groups.get(info.group, 0) + 1
        return tuple(f"{group}: {count} tensors" for group, count in groups.items())


@dataclass(frozen=True, eq=False)
class _Assembler:
    """Networks to a Jepa."""

    family: FrameFamily
    encoder: FrozenEncoder
    habits: RunConfig
    spec: ActionSpec | None
    scale: StateScale | None
    draw: DrawPlan | None

    def __call__(self, built: Built) -> Jepa:
        habits, modules, hashes = self.habits, built.modules, built.hashes
        space = f"target:{hashes['encoder_target'][:12]}"
        encoder = FrameEncoder(cast(ClassVit | RopeVit | Vit, modules["encoder_target"]), habits.preparation, space, cell=habits.cell)
        dynamics = decoder = None
        if "dynamics" in modules:
            world = cast(FrameWorld, modules["dynamics"])
            dynamics = FrameDynamics(encoder, world, self.spec, self.scale, window=habits.window, most=habits.most, normed=habits.normed)
        if self.draw is not None and "decoder" in modules:
            understood = space + ("+layernorm" if habits.normed else "")
            decoder = FrameDecoder(cast(Any, modules["decoder"]), self.draw.mean, self.draw.std, understood)
        card = ModelCard(
            **{"loss": "l2", **self.family.card},
            family=self.family.name,
            name=built.name,
            image_size=habits.preparation.size,
            frames=habits.most,
            fps=habits.preparation.fps,
            patch=(encoder.cell, encoder.cell),
            dim=self.encoder.config.dim,
            hashes={part: hashes[part] for part in PARTS if part in hashes},
            unit="layer-normed features" if habits.normed else f"features of {self.encoder.title}",
            preprocessing=habits.preparation.sentence(),
        )
        return Jepa(card, built.report, encoder, built.untrained, dynamics=dynamics, decoder=decoder)


def _from(purpose: str, names: Names) -> Names:
    return {name: f"{purpose}={stored}" for name, stored in names.items()}
