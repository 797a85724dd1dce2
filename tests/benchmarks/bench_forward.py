"""Our V-JEPA 2 against Transformers' `VJEPA2Model` with the same random weights, in one process, turn by turn.

    python tests/benchmarks/bench_forward.py [--size tiny --frames 4 --side 64] [--rounds 5] [--only forward.float32]

forward.float32    the encoder on one clip, ours ÷ theirs; aim 1.05. Beside it the share of `torch.mm`'s rate that each reaches.
forward.bfloat16   ours in bfloat16 ÷ theirs in float32, with the largest difference between our two; aim 0.55.
repaint            a new mask on a clip whose targets are known, without the controls: ours encodes the visible quarter and predicts the rest; theirs
                   is the predictor call, which encodes everything; aim 0.35.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import dataclass
from typing import Any

import _common as common
import numpy as np
import torch
from torch import Tensor

from workbench.families.sizes import SIZES
from workbench.masks import make
from workbench.nn.parts import VitEncoder, VitMasked
from workbench.nn.vit import PredictorConfig, Vit, VitConfig, VitPredictor

_PATCH, _TUBELET, _MASK_TOKENS, _VISIBLE = 16, 2, 10, 0.25
_RENAMED = (
    ("predictor.predictor_blocks.", "predictor.layer."),
    ("predictor.predictor_embed.", "predictor.embeddings.predictor_embeddings."),
    ("predictor.predictor_norm.", "predictor.layernorm."),
    ("predictor.predictor_proj.", "predictor.proj."),
    ("encoder.patch_embed.", "encoder.embeddings.patch_embeddings."),
    ("encoder.blocks.", "encoder.layer."),
    ("encoder.norm.", "encoder.layernorm."),
    (".attn.", ".attention."),
)


@dataclass(frozen=True)
class Pair:
    """The same weights in both implementations, and one clip.

    Args:
        ours: encoder and predictor. theirs: Transformers' model. video: [1, channels, frames, height, width]. context: of the repainted mask.
    """

    ours: VitMasked
    theirs: Any
    video: Tensor
    context: Tensor

    @property
    def vit(self) -> Vit:
        return self.ours.encoder.vits["context"]

    @property
    def what(self) -> str:
        """The comparison in words."""
        c, (frames, height, width) = self.vit.config, self.video.shape[2:]
        return f"V-JEPA 2, {c.dim} wide, {c.depth} deep, patch {c.patch}, random weights; one clip of {frames}×{height}×{width}"

    def in_type(self, dtype: torch.dtype) -> Pair:
        """Both models with other numbers."""
        predictor = copy.deepcopy(self.ours.predictor).to(dtype)
        return Pair(masked(copy.deepcopy(self.vit).to(dtype), predictor), copy.deepcopy(self.theirs).to(dtype), self.video, self.context)

    def our_encoder(self) -> Tensor:
        return self.ours.encoder.encode(self.video, weights="context").tokens.flatten(1, 3)

    @torch.inference_mode()
    def their_encoder(self) -> Tensor:
        return self.theirs(pixel_values_videos=self.video.transpose(1, 2), skip_predictor=True).last_hidden_state.float()

    def our_repaint(self) -> Tensor:
        return self.ours.predict(self.video, self.context, ~self.context[None])[0].tokens

    @torch.inference_mode()
    def their_repaint(self) -> Tensor:
        seen, asked = (where.flatten(1).nonzero()[:, 1][None] for where in (self.context, ~self.context))
        answer = self.theirs(pixel_values_videos=self.video.transpose(1, 2), context_mask=[seen], target_mask=[asked])
        return answer.predictor_output.last_hidden_state.float()


def masked(vit: Vit, predictor: VitPredictor) -> VitMasked:
    """Our parts around these modules; nothing is prepared here."""
    return VitMasked(VitEncoder({"context": vit}, lambda clips: None, {"context": "random"}), predictor, default_token=1)


def their_names(vit: Vit, predictor: VitPredictor) -> dict[str, Tensor]:
    """Our weights under Transformers' names: queries, keys and values apart, mask tokens in one tensor."""
    ours = {f"{part}.{n}": t for part, m in (("encoder", vit), ("predictor", predictor)) for n, t in m.state_dict().items()}
    found = {"predictor.embeddings.mask_tokens": torch.stack([ours.pop(f"predictor.mask_tokens.{i}") for i in range(_MASK_TOKENS)])}
    for ours_name, tensor in ours.items():
        name = ours_name
        for old, new in _RENAMED:
            name = name.replace(old, new)
        if ".qkv." in name:
            found |= {name.replace("qkv", part): t for part, t in zip(("query", "key", "value"), tensor.chunk(3), strict=True)}
        else:
            found[name] = tensor
    return found


def build(size: str, frames: int, side: int) -> Pair:
    """Both models with the same seeded weights, and one clip of noise."""
    from transformers import VJEPA2Config, VJEPA2Model

    torch.manual_seed(0)
    shape = next(s for s in SIZES if s.name == f"vit_{size}")
    config = VitConfig(shape.dim, shape.depth, shape.heads, shape.hidden, _PATCH, _TUBELET)
    vit, predictor = Vit(config).initialise(), VitPredictor(PredictorConfig(384, 12, 12, 1536, _MASK_TOKENS), config).initialise()
    for token in predictor.mask_tokens:
        torch.nn.init.normal_(token, std=0.02)
    sizes = {"hidden_size": shape.dim, "num_hidden_layers": shape.depth, "num_attention_heads": shape.heads}
    theirs = VJEPA2Model(VJEPA2Config(crop_size=side, frames_per_clip=frames, attn_implementation="sdpa", **sizes))
    theirs.load_state_dict(their_names(vit, predictor), strict=True)
    vit, predictor, theirs = (m.eval().requires_grad_(False) for m in (vit, predictor, theirs))
    video = torch.randn(1, 3, frames, side, side)
    mask = make("random_tube", ratio=1 - _VISIBLE).sample(config.grid(video), np.random.default_rng(0))
    return Pair(masked(vit, predictor), theirs, video, torch.from_numpy(mask.context)[None])


def work(pair: Pair) -> float:
    """Multiply–adds of one pass of the encoder, times two: its matrix products and its attention."""
    c, tokens = pair.vit.config, int(np.prod(pair.vit.config.grid(pair.video)))
    linear = 4 * c.dim**2 + 2 * c.dim * c.hidden
    return 2.0 * tokens * (c.depth * (linear + 2 * tokens * c.dim) + c.channels * c.tubelet * c.patch**2 * c.dim)


def product(pair: Pair, dtype: torch.dtype) -> tuple[Any, float]:
    """`torch.mm` as the encoder's first MLP layer does it, ten times; and its work."""
    c, tokens = pair.vit.config, int(np.prod(pair.vit.config.grid(pair.video)))
    a, b = torch.randn(tokens, c.dim).to(dtype), torch.randn(c.hidden, c.dim).to(dtype).T
    return lambda: [torch.mm(a, b) for _ in range(10)], 20.0 * tokens * c.dim * c.hidden


def difference(a: Tensor, b: Tensor) -> dict[str, float]:
    """The largest difference, and the same ÷ the root mean square of `b`."""
    largest = float((a - b).abs().max())
    return {"largest": float(f"{largest:.3g}"), "relative": float(f"{largest / float(b.square().mean().sqrt()):.3g}")}


def forward(pair: Pair, rounds: int) -> None:
    """The whole encoder in float32."""
    mm, mm_work = product(pair, torch.float32)
    seconds = common.alternate({"ours": pair.our_encoder, "theirs": pair.their_encoder, "mm": mm}, rounds)
    speed = common.medians(seconds)
    rate = mm_work / speed["mm"]
    say(
        "forward.float32",
        pair,
        aim=1.05,
        ratio=common.ratio(seconds["ours"], seconds["theirs"]),
        seconds={k: common.spread(seconds[k]) for k in ("ours", "theirs")},
        n=rounds,
        share_of_mm={k: round(work(pair) / speed[k] / rate, 3) for k in ("ours", "theirs")},
        mm_gflops=round(rate / 1e9, 1),
        difference=difference(pair.our_encoder(), pair.their_encoder()),
    )


def brain_float(pair: Pair, rounds: int) -> None:
    """The whole encoder in bfloat16, where the processor multiplies such numbers."""
    if not any(on for name, on in torch.cpu.get_capabilities().items() if "bf16" in name):
        return say("forward.bfloat16", pair, skipped="this processor has no bfloat16 instructions")
    half = pair.in_type(torch.bfloat16)
    runs = {"ours": half.our_encoder, "theirs in float32": pair.their_encoder, "theirs in bfloat16": half.their_encoder}
    seconds = common.alternate(runs, rounds)
    whole = pair.our_encoder()
    say(
        "forward.bfloat16",
        pair,
        aim=0.55,
        ratio=common.ratio(seconds["ours"], seconds["theirs in float32"]),
        ratio_to_theirs_in_bfloat16=common.ratio(seconds["ours"], seconds["theirs in bfloat16"]),
        seconds={k: common.spread(v) for k, v in seconds.items()},
        n=rounds,
        difference=difference(half.our_encoder(), whole),
        their_difference=difference(half.their_encoder(), whole),
    )


def repaint(pair: Pair, rounds: int) -> None:
    """Context and prediction of a new mask; the targets are known."""
    seconds = common.alternate({"ours": pair.our_repaint, "theirs": pair.their_repaint}, rounds)
    full = pair.their_encoder()
    seen, asked = (where.flatten(1).nonzero()[:, 1][None] for where in (pair.context, ~pair.context))
    with torch.inference_mode():
        given = pair.ours.predictor(full[:, seen[0]], seen, asked, tuple(pair.context.shape[2:]), 1)
    say(
        "repaint",
        pair,
        aim=0.35,
        ratio=common.ratio(seconds["ours"], seconds["theirs"]),
        seconds={k: common.spread(v) for k, v in seconds.items()},
        n=rounds,
        visible=round(float(pair.context.float().mean()), 3),
        difference_given_their_context=difference(given, pair.their_repaint()),
    )


def say(name: str, pair: Pair, **figures: Any) -> None:
    common.report(name, "torch", "transformers", compared=pair.what, threads=torch.get_num_threads(), **figures)


def main() -> None:
    """Measure what was asked for."""
    every = {"forward.float32": forward, "forward.bfloat16": brain_float, "repaint": repaint}
    parser = argparse.ArgumentParser(description="Speed of our V-JEPA 2 beside that of Transformers.")
    parser.add_argument("--size", choices=[s.name.removeprefix("vit_") for s in SIZES[:4]], default="large")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--side", type=int, default=256, help="pixels")
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds, after one to warm up")
    parser.add_argument("--only", choices=list(every))
    chosen = parser.parse_args()
    pair = build(chosen.size, chosen.frames, chosen.side)
    for name, measure in every.items():
        if chosen.only in (None, name):
            measure(pair, chosen.rounds)


if __name__ == "__main__":
    main()
