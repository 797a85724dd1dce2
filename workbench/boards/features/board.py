"""Features: what the tokens hold, layer by layer, as maps over the picture, with numbers and baselines beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from widgets import Gallery, PatchCanvas, Toolbar
from widgets.keys import key as key_of
from workbench.boards.base import Board, board, no_bank
from workbench.boards.features import controls, words
from workbench.boards.features.beside import BesideB
from workbench.boards.features.charts import profile_chart
from workbench.boards.features.drawn import NOTHING, TokenMap
from workbench.boards.features.known import FLAT, Known
from workbench.boards.features.probed import Probed
from workbench.boards.features.queries import SOURCES, FeatureQueries, heads
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.masks import controls as samplers
from workbench.boards.masks.views import NO_MASK, clip_traits, mask_dict
from workbench.boards.settings import Settings, Values
from workbench.boards.undo import Edits
from workbench.boards.workspace import Ages, Workspace, first_seed, renew
from workbench.core.errors import MaskError, WorkbenchError
from workbench.core.numbers import number
from workbench.core.questions.features import Features, LayerProfile
from workbench.core.selection import Selection
from workbench.link import link
from workbench.session import State

_HEIGHT, _NUMBERS = 560, 318  # CSS pixels of the pictures at most: on a narrow page their column is the limit; and of the charts
_LARGE = 20_000_000  # parameters from which baselines and numbers wait to be asked for
_KEYED = {"twin": "untrained", "other": "other clip", "position": "position", "pixels": "raw pixels", "shuffled": "shuffled"}
_HELD = [{"id": name, "key": key_of(name), "label": label, "enabled": True, "reason": ""} for name, label in _KEYED.items()]


@board(section="LOOK", order=22)
class FeaturesBoard(Board):
    """A map of the tokens over the clip, the same of a second clip or time step beside it, and the layers in numbers."""

    title = "Features"
    shown_by = "shapes"
    compares = True
    about = Features.about
    depends = ("model", "clip")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"], sources=_HELD)
        seen = {"read_only": True, "plain": True, "single": True, "picture_height": _HEIGHT, "overlay_opacity": 0.85}
        self.canvas, self.beside = PatchCanvas(message="Opening a clip …", **seen), PatchCanvas(message="", **seen)
        self.toolbar, self.slider = Toolbar(), Toolbar()
        self.numbers = Chart(_NUMBERS, "layers in numbers", blank())
        self._charted: tuple[LayerProfile | None, int, bool] = (None, -1, False)  # what the chart shows
        self.baselines = Gallery(title="baselines of this map", side=72)
        self.nearest = Gallery(title="nearest patches in other clips", side=44)
        self.asked = FeatureQueries(workspace, self)
        self.edits: Edits[dict[str, Any]] = Edits(dict(controls.VALUES))
        self.probed = Probed(workspace, lambda: self.edits.value["encoder"], self._large, self._speak)
        self.settings = Settings(lambda: {**self.edits.value, **self.probed.kept}, self._bring_back, heavy=self.probed.heavy)
        self._layers = 1
        self.of_second = BesideB(self, self)
        self._wire()

    def _wire(self) -> None:
        s = self.session
        for name in ("tick", "hover"):
            link(s, name, self.canvas, name)
        link(s, "tick", self.beside, "tick", show=self._tick_beside, take=lambda v: {} if self._other_time else {"tick": v})
        link(s, "predictor", self.headline, "source", show=lambda _: self.source)
        s.watch(["predictor"], lambda old, new: self._turned())
        s.watch(["mask"], lambda old, new: self._masked())
        s.watch(["selection"], lambda old, new: self._selected_elsewhere(new))
        s.watch(["tick"], lambda old, new: self._draw_small())
        self.canvas.observe(lambda change: self._pointed(change["new"]), names=["selection"])
        self.beside.observe(lambda change: self._pointed(change["new"]) if self._other_time else None, names=["selection"])
        self.nearest.observe(lambda change: self._look_beside(change["new"][0]), names=["pressed"])
        self.toolbar.on_change = self._moved
        self.slider.on_change = lambda old, new: self._moved(_counted(old), _counted(new))
        self.toolbar.on_press = lambda name: self.asked.measure(self.edits.value, pressed=True)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_numbers)

    @property
    def layout(self) -> Layout:
        """Sentence and controls; two pictures with the layers under both; numbers and baselines at the right; probes under all of it."""
        left = Column((Row((self.canvas, self.beside), (0.5, 0.5), least=400), self.slider, self.nearest))
        return Column((self.headline, self.toolbar, Row((left, Column((self.numbers, self.baselines))), (0.7, 0.3)), self.probed.layout))

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.canvas, self.beside, self.numbers, self.baselines, self.nearest

    def command(self, name: str) -> None:
        """See `Board.command`; undo, redo and reset are of the controls, the layer and the token."""
        if name in ("undo", "redo"):
            getattr(self.edits, name)()
        elif name == "reset":
            self.edits.set({**controls.VALUES, "layer": self._layers - 1})
            self.session.set(predictor="model")
        elif name == "cancel":
            self.asked.cancel()
            self.probed.cancel()
            return
        else:
            super().command(name)
            return
        self._changed()

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        maps = {f"features_{name}": query.answer for name, query in self.asked.maps.items()}
        rest = {"similarity": self.asked.similar.answer, "attention": self.asked.attention.answer, "layers": self.asked.profile.answer}
        return {name: value for name, value in {**maps, **rest, **self.probed.answers}.items() if value is not None}

    def _forget(self) -> None:
        self.asked.forget()
        self.of_second.forget()
        self.probed.forget()
        facts = self.space.facts
        self._layers = 1 if facts is None else facts.layers + 1
        held = {name: value for name, value in self.edits.value.items() if name in ("map", "centred", "robust", "foreground", "beside")}
        self.edits.restart({**controls.VALUES, **held, "layer": self._layers - 1})
        self._clear(self.refusal() if self.awake else "")
        if self.awake and self.refusal():
            self.off()

    def _clear(self, why: str) -> None:
        """Nothing of another model stays."""
        fill(self.canvas, {**NOTHING, "mask": NO_MASK, "plain": True, "selection": [], "hint": why})
        fill(self.beside, {**NOTHING, "pixels": b"", "pixels_shape": [0, 0, 0], "selection": [], "message": "", "hint": ""})
        self.baselines.clear()
        self.nearest.clear()
        self._charted = None, -1, False
        self.numbers.set(blank())

    def opened(self) -> None:
        """See `Board.opened`."""
        shown = self.space.shown
        if shown is not None and self.awake:
            fill(self.canvas, {**NOTHING, "selection": [], "mask": NO_MASK, **clip_traits(shown)})
            renew(self.canvas)
            value = self.edits.value
            if value["token"] >= shown.grid.tokens or (value["beside"] == "time" and shown.grid.ticks < 2):
                self.edits.restart({**value, "token": -1, "beside": "clip"})
        if not self.off() and shown is not None:
            self._show_controls()
            self._follow()
            self.probed.opened()

    def _turned(self) -> None:
        """See `Holding._turned`: also a baseline is held or let go."""
        fill(self.headline, {} if self.other else {"note": ""})
        self._follow()

    @property
    def value(self) -> Mapping[str, Any]:
        """What the controls say."""
        return self.edits.value

    def _unheld(self) -> dict[str, str]:
        """See `Holding._unheld`."""
        if self.edits.value["map"] in ("attention", "predictor"):
            return dict.fromkeys(
                ("other", "position", "pixels", "shuffled"), "Attention has two baselines: the untrained model, and uniform attention."
            )
        return {} if self.session.state.bank else dict.fromkeys(("other", "position"), f"It {controls.NO_BANK}.")

    def _large(self) -> bool:
        facts = self.space.facts
        return facts is not None and sum(part.parameters for part in facts.report.parts) > _LARGE

    def _moved(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        touched = next((name for name in new if new[name] != old.get(name)), None)
        if touched is None:
            return
        value = {**self.edits.value, **new}
        value["layer"] = min(value["layer"], self._layers - 1)
        self.edits.set(self._with_token(value), touched)
        self._changed(follow=touched == "layer", controls_too=touched != "layer")

    def _with_token(self, value: dict[str, Any]) -> dict[str, Any]:
        """Similarity and attention are of a token: where none was chosen, the middle one; in the predictor, one of the mask's targets."""
        shown = self.space.shown
        if shown is None or value["map"] in FLAT:
            return value
        if value["map"] == "predictor":
            mask = self._mask()
            targets = [] if mask is None else np.flatnonzero(mask.target).tolist()
            return value if value["token"] in targets or not targets else {**value, "token": targets[len(targets) // 2]}
        return {**value, "token": shown.grid.index(0, shown.grid.rows // 2, shown.grid.cols // 2)} if value["token"] < 0 else value

    def _mask(self) -> Any:
        """The mask of the session; one of the model's own sampler where there is none yet."""
        facts, shown, mask = self.space.facts, self.space.shown, self.session.state.mask
        if shown is None or facts is None or (mask is not None and mask.shape == shown.grid.shape and mask.target.any()):
            return mask
        choice = samplers.choices(facts.card)[0]
        try:
            drawn_now = samplers.draw(samplers.sampler(choice, samplers.values(choice, {})), shown.grid.shape, first_seed(self.space))
        except MaskError as error:
            self.space.tell(error)
            return None
        self.session.set(mask=drawn_now)
        return drawn_now

    def _masked(self) -> None:
        """Another mask: the predictor is asked for other tokens."""
        if self.awake and self.edits.value["map"] == "predictor" and not self.refusal():
            value = self._with_token(dict(self.edits.value))
            if value != self.edits.value:
                self.edits.set(value, "token")
            self._changed(controls_too=False)

    def _pointed(self, selection: list[int]) -> None:
        """A token was chosen by a click or an arrow key: from a map of all tokens this leads to what is similar to it."""
        value = self.edits.value
        if not selection or selection[-1] == value["token"]:
            return
        mask = self.session.state.mask
        if value["map"] == "predictor" and (mask is None or not mask.target.ravel()[selection[-1]]):
            fill(self.canvas, {"selection": [value["token"]], "hint": "The predictor is asked for targets only: choose a hatched token."})
            return
        kind = "similarity" if value["map"] in FLAT else value["map"]
        fresh = kind != value["map"]
        self.edits.set({**value, "map": kind, "token": selection[-1]}, "token")
        clip = self.session.state.clip
        if clip is not None:
            self.session.set(selection=Selection.tokens(clip.index, [selection[-1]]))
        self._changed(follow=not fresh, controls_too=fresh)

    def _selected_elsewhere(self, state: State) -> None:
        """One token that is selected on another board is the chosen one here, where a token is looked at."""
        found = state.selection.of(state.clip.index) if state.clip is not None and state.selection.level == "tokens" else []
        if self.awake and len(found) == 1 and self.edits.value["map"] not in FLAT:
            self._pointed(found)

    def _look_beside(self, place: int) -> None:
        """A nearest patch was pressed: its clip stands beside."""
        found = self.asked.similar.answer
        if found is not None and 0 <= place < len(found.nearest):
            self.edits.set({**self.edits.value, "other": int(found.nearest[place][0]) + 1, "beside": "clip"}, "other")
            self._changed()

    def _bring_back(self, values: Values) -> list[str]:
        """Set what a saved view holds; a layer, a map or a token that this model or clip does not have is left out and named."""
        held, left = dict(self.edits.value), list[str]()
        for name, value in values.items():
            if name == "below":
                left += [] if self.probed.choose(value) else [name]
            elif controls.taken(name, value) and self._has(name, value):
                held[name] = value
            else:
                left.append(name)
        self.edits.restart(self._with_token(held))
        self._changed()
        return left

    def _has(self, name: str, value: Any) -> bool:
        shown = self.space.shown
        if name == "layer":
            return 0 <= value < self._layers
        if name == "token":
            return -1 <= value < (2**31 if shown is None else shown.grid.tokens)
        known = {"map": tuple(controls.MAPS), "basis": ("clip", "bank"), "beside": ("clip", "time"), "encoder": ("", "context")}
        return value in known.get(name, (value,)) and not (name == "other" and value < 0)

    def _changed(self, *, follow: bool = False, controls_too: bool = True) -> None:
        """Another value: show it, and ask what it needs."""
        if controls_too:
            self.sources_shown()
        self._show_controls(controls_too=controls_too)
        self._follow(follow=follow)

    def _show_controls(self, *, controls_too: bool = True) -> None:
        facts, shown, value = self.space.facts, self.space.shown, self.edits.value
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})
        if facts is None or shown is None or self.refusal():
            return
        if controls_too or "map" not in self.toolbar.values:
            report = facts.report
            encoders = tuple(name for name in ("target", "context") if report.serving(f"encoder_{name}").status == "whole")
            part = report.part("predictor")
            predictor = "" if facts.mask_tokens or part.status == "whole" else f"this model has no masked predictor ({part.sentence()})"
            found = heads(self.asked.attention.answer)
            profile = self._large() and self.session.state.bank is not None
            offered = controls.Offered(self.session.state.bank is not None, shown.grid.ticks, found, predictor, encoders, profile)
            row = controls.row(value, offered)
            under = controls.below(value, offered, self._layers)
            self.toolbar.show(row, {c.id: value[c.id] for c in row if c.id in value and _can_show(c, value[c.id])})
            self.slider.show(under, {c.id: value[c.id] + (c.id == "layer") if c.id != "beside" else value[c.id] for c in under})
        else:
            self.slider.show(None, {"layer": value["layer"] + 1})
        selection = [value["token"]] if value["token"] >= 0 and value["map"] not in FLAT else []
        fill(self.canvas, {"selection": selection})
        fill(self.beside, {"selection": selection if self._other_time else []})

    def _follow(self, *, follow: bool = False) -> None:
        """Ask what the screen needs, and show at once what is known."""
        if self.off() or self.space.shown is None:
            return
        if self.session.state.predictor in self._unheld():  # it was locked, and this map has no such baseline
            self.session.set(predictor="model")
            return
        large = self._large()
        if self.asked.ask(self.edits.value, SOURCES.get(self.source, "model"), baselines=not large, profile=not large, follow=follow):
            self.waiting()
        self.draw()

    def answered(self) -> None:
        """See `queries.Board`."""
        if self.awake and not self.refusal():
            self._show_controls(controls_too=heads(self.asked.attention.answer) > 0 and self.edits.value["map"] in ("attention", "predictor"))
            self._follow()

    def came(self) -> None:
        """See `queries.Board`."""
        if self.awake and not self.refusal():
            self._draw_small()
            self._draw_numbers()
            self._speak()

    def failed(self, error: WorkbenchError) -> None:
        """See `Board.failed`; a map that cannot be had leaves the picture alone."""
        super().failed(error)
        if self.asked.refusal is error:
            fill(self.canvas, {**NOTHING, "hint": f"{error.what}: {error.fix}"})
            fill(self.beside, NOTHING)

    @property
    def known(self) -> Known:
        """The answers to what the controls say now."""
        return Known(self.asked, self.edits.value, self.source)

    def draw(self) -> None:
        """The large pictures at once; small ones, numbers and words follow in a message of their own. While B is held, they are the second model's."""
        if self.other:
            self.space.deliver(self.came)
            self.of_second.ask()
            return
        known = self.known
        found, mask = known.map(known.source), self.session.state.mask
        outlined = mask is not None and self.edits.value["map"] == "predictor" and list(mask.shape) == self.canvas.grid
        over = {"plain": not outlined, "mask": mask_dict(mask) if outlined and mask is not None else NO_MASK}
        if found is not None:
            renew(self.canvas)
            over |= {**found.traits(), "hint": "", "busy": False, "version": self.canvas.version + 1}
        fill(self.canvas, over)
        self._draw_beside(known, found)
        self.space.deliver(self.came)

    def _draw_beside(self, known: Known, found: TokenMap | None) -> None:
        """The same clip at another time step, another clip, or what the untrained model attends to."""
        shown, other = self.space.shown, known.features("other")
        if shown is None:
            return
        fresh: dict[str, object] = {"hint": "", "busy": False, "message": ""}
        if self._other_time or known.value["map"] not in (*FLAT, "similarity"):
            blind = found if self._other_time else known.map("untrained")
            if blind is None:
                return
            name = {} if self._other_time else {"overlay_label": f"untrained: {blind.name}"}
            now = {"version": self.beside.version + 1, "tick": self._tick_beside(self.session.state)}
            fill(self.beside, {**clip_traits(shown), **blind.traits(), **name, **fresh, **now})
        elif other is not None:
            over = known.map("other")
            traits = NOTHING if over is None else over.traits()
            name = {"overlay_label": f"clip {other.other + 1}: {'' if over is None else over.name}"}
            pixels = {"pixels": np.ascontiguousarray(other.pixels).tobytes(), "pixels_shape": list(other.pixels.shape[:3])}
            now = {"version": self.beside.version + 1, "tick": self._tick_beside(self.session.state)}
            fill(self.beside, {**clip_traits(shown), "source_size": [], **pixels, **traits, **name, **fresh, **now})
        elif self.session.state.bank is None:
            fill(self.beside, {**NOTHING, "pixels": b"", "pixels_shape": [0, 0, 0], "message": f"A second clip {controls.NO_BANK}."})
        else:
            return
        renew(self.beside)

    def _draw_small(self) -> None:
        """The baselines of the map as small pictures, and the nearest patches of other clips."""
        known, tick = self.known, self.session.state.tick
        maps = {name: found for name in SOURCES.values() if name != "model" and (found := known.map(name)) is not None}
        if maps:
            pictures = np.stack([found.small(min(tick, self.canvas.grid[0] - 1)) for found in maps.values()])
            hints = [words.HELD.get(next(held for held, each in SOURCES.items() if each == name), name) for name in maps]
            self.baselines.show(range(len(maps)), pictures, [words.SHORT[name] for name in maps], hints=hints)
            renew(self.baselines)
        elif self.baselines.rows:
            self.baselines.clear()
        similar = known.similar() if known.value["map"] == "similarity" else None
        if similar is None or not len(similar.nearest):
            why = "" if self.session.state.bank is None else "Click a token: its nearest patches in other clips"
            if self.nearest.rows or self.nearest.message != why:
                self.nearest.clear(why)
            renew(self.nearest)
            return
        texts = [number(float(cosine)) for cosine in similar.cosines]
        hints = [
            f"clip {clip + 1}, {f'time step {tick}, ' if self.canvas.grid[0] > 1 else ''}row {row}, column {col}"
            for clip, tick, row, col in similar.nearest.tolist()
        ]
        self.nearest.show(
            range(len(texts)), similar.patches, texts, hints=hints, note=f"cosine; 99 % of the bank's tokens are below {number(similar.usual)}"
        )
        renew(self.nearest)

    def _draw_numbers(self) -> None:
        found = self.known.profile()
        if found is not None:
            renew(self.numbers)
        wanted = found, self.edits.value["layer"], self.space.dark
        if wanted != self._charted:  # a chart takes longer than a map, and a click on a token leaves it as it is
            self._charted = wanted
            self.numbers.set(blank() if found is None else profile_chart(found, wanted[1], dark=wanted[2]))

    def _speak(self) -> None:
        if self.other:
            return
        said = self.known.told(self.space.sample)
        if said is None:
            return
        missing = (
            no_bank(self.space, "the position mean, numbers of all layers, and what is similar in other clips")
            if self.session.state.bank is None
            else ""
        )
        waits = "" if self.asked.no_profile is None else f"No numbers of layers: {self.asked.no_profile.what}."
        busy = self.asked.busy
        progress = self.asked.profile.share if busy else -1.0
        lines = "\n\n".join(filter(None, (said.lines, self.probed.lines)))
        self.say(said.sentence, said.tone, said.detail or missing or waits, lines, busy=busy, cancellable=busy, progress=progress)

    @property
    def _other_time(self) -> bool:
        """Whether the second picture is another time step of the same clip."""
        return self.edits.value["beside"] == "time"

    def _tick_beside(self, state: State) -> int:
        if not self._other_time:
            return state.tick
        ticks = max(1, self.canvas.grid[0])
        return self.beside.tick if self.beside.tick != state.tick and self.beside.tick < ticks else (state.tick + ticks // 2) % ticks


def _counted(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is under the pictures; there layers are counted from 1."""
    return {**values, **({"layer": round(values["layer"]) - 1} if "layer" in values else {})}


def _can_show(control: Any, value: Any) -> bool:
    rule = control.takes()
    return rule is not None and rule[1](value)
