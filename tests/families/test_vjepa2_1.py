"""V-JEPA 2.1: ours against the official code, number by number, to 3e-5; and how its files are read.

Every array is compared. `mask_distance_*` and the weighted context losses are formed here from the masks and `predict_context`:
no measure weighs by distance yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor

from tests.families.official import GOLDEN, VJEPA2_1, at, close, mask_of, official
from workbench.core.card import Fact
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, ClipError, PartUnavailable
from workbench.families.load import inspect, load
from workbench.model import Jepa
from workbench.nn.level_parts import LevelsEncoder, LevelsMasked
from workbench.nn.levels import LevelsConfig, LevelsPredictorConfig

pytestmark = pytest.mark.slow

KINDS = {"": ("clips", (3, 3, 3), (0, 1)), "img_": ("img_clips", (1, 3, 3), (0,))}
CASES = [(prefix, mask) for prefix, (_, _, masks) in KINDS.items() for mask in masks]
Content = dict[str, Any]


def levels(jepa: Jepa, video: Tensor, **asked: Any) -> Tensor:
    return cast(LevelsEncoder, jepa.encoder).deep(video, **asked).tokens


@dataclass(frozen=True)
class Answer:
    """What was found at one mask: the tokens that the predictor was fed, its two answers, and the targets of both."""

    fed: Tensor
    predicted: Tensor
    foretold_context: Tensor
    targets: Tensor
    context_targets: Tensor
    distance: Tensor

    @property
    def losses(self) -> tuple[Tensor, Tensor]:
        """Per token, of targets and of context."""
        return (self.predicted - self.targets).abs().mean(-1), (self.foretold_context - self.context_targets).abs().mean(-1)


def answer(loaded: tuple[Jepa, dict[str, Tensor], dict[str, Tensor]], prefix: str, mask: int) -> Answer:
    jepa, given, _ = loaded
    name, shape, _ = KINDS[prefix]
    masked, video = cast(LevelsMasked, jepa.masked), given[name]
    seen, asked = given[f"{prefix}masks_enc_{mask}"], given[f"{prefix}masks_pred_{mask}"]
    context, targets = mask_of(seen, shape), mask_of(asked, shape)
    full = masked.targets(video)
    assert full is not None
    return Answer(
        at(levels(jepa, video, weights="context", visible=context), seen),
        at(masked.predict(video, context, targets[None])[0].tokens, asked),
        at(masked.predict_context(video, context, targets[None])[0].tokens, seen),
        at(full.tokens, asked),
        at(full.tokens, seen),
        torch.stack([distance(s, a, shape) for s, a in zip(seen, asked, strict=True)]),
    )


def distance(seen: Tensor, asked: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """√ of how far each context token is from the nearest target, in tokens."""
    where = torch.stack(torch.unravel_index(torch.arange(int(np.prod(shape))), shape), -1).float()
    return torch.cdist(where[seen], where[asked]).amin(1).sqrt()


@pytest.fixture(scope="module")
def trained():
    return official(VJEPA2_1)


@pytest.fixture
def content() -> Content:
    """What the official file holds, to be changed and saved again."""
    return torch.load(GOLDEN / "vjepa2_1" / "vjepa2_1_vitg_384.pt", weights_only=True)


def saved(folder: Path, content: Content, settings: dict | None = None) -> dict[str, Any]:
    torch.save(content, folder / "latest.pth.tar")
    if settings is not None:
        (folder / "params-pretrain.yaml").write_text(yaml.safe_dump(settings))
    return {**VJEPA2_1, "path": folder}


def facts(**said: Any) -> dict[str, Fact]:
    return {f.name: f for f in inspect(**said).facts}


@pytest.mark.parametrize("prefix", KINDS)
def test_encoders_levels_and_targets_match_for_clips_and_for_stills(trained, prefix: str) -> None:
    jepa, given, expected = trained
    video = given[KINDS[prefix][0]]
    close(jepa.encoder.encode(video).tokens.flatten(1, 3), expected[f"{prefix}target_tokens"])
    close(jepa.encoder.encode(video, weights="context").tokens.flatten(1, 3), expected[f"{prefix}encoder_tokens_full"])
    close(levels(jepa, video).flatten(1, 3), expected[f"{prefix}target_hier"])
    close(jepa.masked.targets(video).tokens.flatten(1, 3), expected[f"{prefix}target_hier_ln"])


@pytest.mark.parametrize(("prefix", "mask"), CASES)
def test_context_predictions_and_losses_match(trained, prefix: str, mask: int) -> None:
    expected, ours = trained[2], answer(trained, prefix, mask)
    close(ours.fed, expected[f"{prefix}context_tokens_{mask}"])
    close(ours.predicted, expected[f"{prefix}pred_{mask}"])
    close(ours.foretold_context, expected[f"{prefix}pred_context_{mask}"])
    close(ours.targets, expected[f"{prefix}targets_{mask}"])
    close(ours.losses[0], expected[f"{prefix}loss_per_token_{mask}"])
    close(ours.losses[1], expected[f"{prefix}loss_context_per_token_{mask}"])
    close(ours.distance, expected[f"{prefix}mask_distance_{mask}"])


@pytest.mark.parametrize(("prefix", "mask"), CASES)
def test_the_predictor_without_stretched_places_is_that_of_the_hub(prefix: str, mask: int) -> None:
    plain = official({**VJEPA2_1, "predictor_rope": "plain"})
    ours = answer(plain, prefix, mask)
    close(ours.predicted, plain[2][f"{prefix}pred_hub_{mask}"])
    assert (ours.predicted - plain[2][f"{prefix}pred_{mask}"]).abs().max() > 1e-2


@pytest.mark.parametrize("prefix", KINDS)
def test_the_losses_over_all_masks_match(trained, prefix: str) -> None:
    expected, answers = trained[2], [answer(trained, prefix, mask) for mask in KINDS[prefix][2]]
    on_targets, on_context = (torch.stack([a.losses[i].mean() for a in answers]).mean() for i in (0, 1))
    close(on_targets, expected[f"{prefix}loss_pred"])
    close(on_context, expected[f"{prefix}loss_context"])
    close(on_targets + 0.5 * on_context, expected[f"{prefix}loss"])
    weighted = torch.stack([(a.losses[1] / a.distance).mean() for a in answers]).mean()
    close(weighted, expected[f"{prefix}loss_context_distance_weighted"])


def test_another_size_that_is_not_square_matches(trained) -> None:
    jepa, given, expected = trained
    close(jepa.encoder.encode(given["other_clip_2x32x64"]).tokens.flatten(1, 3), expected["other_tokens_2x32x64"])


def test_a_still_stays_one_frame_and_a_clip_does_not(trained) -> None:
    jepa = trained[0]
    still, film = (np.random.default_rng(0).integers(0, 256, (n, 60, 70, 3), dtype=np.uint8) for n in (1, 5))
    prepared = jepa.encoder.prepare([Clip(still), Clip(still[:, ::-1])])
    assert prepared.video.shape == (2, 3, 1, 48, 48)
    assert (prepared.grid.shape, prepared.grid.tubelet) == ((1, 3, 3), 1)
    assert jepa.encoder.encode(prepared.video).grid.tubelet == 1
    moving = jepa.encoder.prepare([Clip(film, fps=4.0)])
    assert (moving.grid.shape, moving.grid.tubelet) == ((2, 3, 3), 2)
    assert jepa.card.preprocessing.endswith("a still stays one frame; frames beyond a multiple of 2 are dropped")
    with pytest.raises(ClipError, match="share a grid"):
        jepa.encoder.prepare([Clip(still), Clip(film, fps=4.0)])
    with pytest.raises(BadInput, match="cannot be cut into 2×16×16"):
        jepa.encoder.encode(torch.zeros(1, 3, 3, 48, 48))


def test_a_still_leaks_nothing_of_what_is_hidden_and_is_answered_alone_as_in_a_batch(trained) -> None:
    jepa, given, _ = trained
    video, seen, asked = given["img_clips"], given["img_masks_enc_0"], given["img_masks_pred_0"]
    context, targets = mask_of(seen, (1, 3, 3)), mask_of(asked, (1, 3, 3))
    hidden = ~context.repeat_interleave(16, 2).repeat_interleave(16, 3)[:, None]
    painted = video.masked_fill(hidden, float("nan"))
    found, other, alone = (
        jepa.masked.predict(v, c, t[None])[0].tokens
        for v, c, t in ((video, context, targets), (painted, context, targets), (video[1:], context[1:], targets[1:]))
    )
    assert torch.equal(found[targets], other[targets])
    close(alone[targets[1:]], found[1:][targets[1:]], 1e-5)


def test_a_row_of_one_token_has_a_place(trained) -> None:
    """Officially its place is 0 ÷ 0."""
    assert trained[0].encoder.encode(trained[1]["clips"][..., :16, :]).tokens.isfinite().all()


def test_levels_are_counted_from_the_deepest(trained) -> None:
    jepa, given, _ = trained
    every, last = levels(jepa, given["clips"]), levels(jepa, given["clips"], levels=1)
    assert torch.equal(every[..., -24:], last)
    close(last, jepa.encoder.encode(given["clips"]).tokens, 1e-6)
    for count in (0, 5):
        with pytest.raises(BadInput, match="4 levels"):
            levels(jepa, given["clips"], levels=count)


def student(dim: int = 24, teacher: int = 40) -> Content:
    """A distilled model as the hub's files have it: an EMA copy, and a predictor of one level with its teacher's width."""
    config = LevelsConfig(dim, 12, 2, 48, 16, 2, taps=(2, 5, 8, 11), reach=16)
    predictor = LevelsPredictorConfig(24, 4, 2, 96, 8, features=teacher, reach=16)
    torch.manual_seed(0)
    networks = {"ema_encoder": config.make().initialise(), "predictor": predictor.make(config).initialise()}
    return {name: {f"module.backbone.{k}": v for k, v in net.state_dict().items()} for name, net in networks.items()}


def test_a_student_predicts_its_teacher_who_is_not_there(tmp_path: Path) -> None:
    said = saved(tmp_path, student())
    jepa, found = load(**said), facts(**said)
    assert jepa.report.whole
    assert jepa.encoder.weights == ("target",)
    assert found["encoder"].value == "ema_encoder"
    assert found["context encoder"].value == "ema_encoder"
    assert found["teacher"].value == "not in the file"
    video = jepa.encoder.prepare([Clip(np.random.default_rng(0).integers(0, 256, (4, 48, 48, 3), dtype=np.uint8))]).video
    half = torch.arange(18).reshape(1, 2, 3, 3) < 9
    masked = jepa.need_masked()
    predicted = masked.predict(video, half, ~half[None])[0]
    assert predicted.tokens.shape[-1] == 40
    assert torch.equal(predicted.tokens.isfinite().all(-1), ~half)
    assert masked.targets(video) is None
    assert levels(jepa, video).shape[-1] == 4 * 24
    twin = jepa.untrained(1)
    assert twin.need_masked().predict(video, half, ~half[None])[0].tokens.shape[-1] == 40


def test_a_student_as_wide_as_its_teacher_has_no_targets_either(tmp_path: Path) -> None:
    said = saved(tmp_path, student(teacher=24))
    assert load(**said).need_masked().targets(torch.zeros(1, 3, 2, 48, 48)) is None


def test_the_context_encoder_of_a_student_feeds_its_predictor_where_the_file_has_it(tmp_path: Path) -> None:
    content = student()
    said = saved(tmp_path, {**content, "encoder": content["ema_encoder"], "target_encoder": {"blocks.0.norm1.weight": torch.ones(40)}})
    jepa = load(**said)
    assert jepa.encoder.weights == ("target", "context")
    assert jepa.report.stand_ins == ()
    assert "target_encoder: 1 tensors" in jepa.report.other


def test_without_a_context_encoder_the_target_feeds_the_predictor_as_in_the_hub(trained, tmp_path: Path, content: Content) -> None:
    said = saved(tmp_path, {k: content[k] for k in ("target_encoder", "predictor")})
    jepa, given = load(**said), trained[1]
    assert jepa.report.stand_ins == (("encoder_context", "encoder_target"),)
    masked, full = cast(LevelsMasked, jepa.need_masked()), trained[0]
    seen, asked = given["masks_enc_0"], given["masks_pred_0"]
    context, targets = mask_of(seen, (3, 3, 3)), mask_of(asked, (3, 3, 3))
    fed = at(levels(full, given["clips"], weights="target", visible=context), seen)
    wanted = full.masked.predictor(fed, seen, asked, (3, 3, 3), 0)
    close(at(masked.predict(given["clips"], context, targets[None])[0].tokens, asked), wanted)
    alone = load(**saved(tmp_path, {"target_encoder": content["target_encoder"]}))
    assert alone.masked is None


def test_published_sizes_need_no_word(tmp_path: Path) -> None:
    """Shapes alone decide: the tensors are seen from far."""
    rows = ((768, 12, 3072, 12, 12, 1, 1664), (1024, 24, 4096, 16, 12, 1, 1664), (1408, 40, 6144, 22, 24, 4, 5632), (1664, 48, 8192, 26, 24, 4, 6656))
    for dim, depth, hidden, heads, deep, count, out in rows:
        config = LevelsConfig(dim, depth, heads, hidden, 16, 2, taps=(0, 1, 2, 3))
        predictor = LevelsPredictorConfig(384, deep, 12, 1536, 8, levels=count, features=out)
        key = "ema_encoder" if count == 1 else "target_encoder"
        with torch.device("meta"):
            torch.save({key: config.make().state_dict(), "predictor": predictor.make(config).state_dict()}, tmp_path / "vit.pt")
        report = inspect(tmp_path)
        found: dict[str, Any] = {f.name: f.value for f in report.facts}
        assert report.family == "vjepa2_1"
        assert report.whole
        assert (found["heads"], found["predictor_heads"], found["levels"]) == (heads, 12, count)
        assert (found["frames"], found["image_size"], found["fps"]) == (64, (384, 384), 4.0)
        assert found["taps"][-1] == depth - 1
        assert (found["encoder_rope"], found["predictor_rope"]) == ("interpolated", "interpolated")


def test_a_depth_that_was_not_published_asks_for_its_taps(tmp_path: Path, content: Content) -> None:
    for group in ("encoder", "target_encoder"):
        content[group] = {k: v for k, v in content[group].items() if not k.startswith(("module.backbone.blocks.10.", "module.backbone.blocks.11."))}
    said = saved(tmp_path, content)
    with pytest.raises(AmbiguousModel, match="say taps") as caught:
        load(**said)
    assert "4 blocks of 0 to 9" in caught.value.fix
    assert load(**said, taps=(1, 4, 7, 9)).report.whole
    for taps in ((1, 4, 7), (4, 1, 7, 9), (1, 4, 7, 10), 4, (1.5, 4, 7, 9), (1, 1, 7, 9)):
        with pytest.raises(BadInput, match="taps="):
            load(**said, taps=taps)


def test_the_yaml_says_whether_places_were_stretched(tmp_path: Path, content: Content) -> None:
    said = saved(tmp_path, content, {"model": {"interpolate_rope": False}, "img_mask": [{"num_blocks": 4}], "mask": [{"num_blocks": 6}]})
    found = facts(**said)
    assert (found["encoder_rope"].value, found["predictor_rope"].value) == ("plain", "plain")
    assert found["encoder_rope"].why == "model.interpolate_rope in params-pretrain.yaml"
    assert load(**said).card.samplers == (("vjepa_multiblock", {"blocks": 6}), ("vjepa_multiblock", {"blocks": 4}))
    assert facts(**said, predictor_rope="interpolated")["predictor_rope"].value == "interpolated"
    for wrong in ("stretched", 1, ("plain",)):
        with pytest.raises(BadInput, match="predictor_rope="):
            load(**said, predictor_rope=wrong)


def test_answers_are_normed_level_by_level_where_training_did_so(trained, tmp_path: Path, content: Content) -> None:
    normed, plain = (load(**saved(tmp_path, content, {"model": {"normalize_predictor": on}})) for on in (True, False))
    given = trained[1]
    context, targets = mask_of(given["masks_enc_0"], (3, 3, 3)), mask_of(given["masks_pred_0"], (3, 3, 3))
    for asked, where in (("predict", targets), ("predict_context", context)):
        ours, before = (getattr(j.need_masked(), asked)(given["clips"], context, targets[None])[0].tokens[where] for j in (normed, plain))
        wanted = torch.cat([torch.nn.functional.layer_norm(b, (24,)) for b in before.chunk(4, -1)], -1)
        close(ours, wanted, 1e-6)


@pytest.mark.parametrize("switch", [{"model": {"is_causal": True}}, {"model": {"pred_is_causal": True}}, {"loss": {"shift_by_n": 2}}])
def test_what_only_the_yaml_tells_and_is_not_read_is_refused(tmp_path: Path, content: Content, switch: dict) -> None:
    with pytest.raises(CheckpointError, match="is not read"):
        load(**saved(tmp_path, content, switch))


def test_a_training_checkpoint_of_other_sizes_opens(tmp_path: Path) -> None:
    """Patches of 8 pixels, three levels of which two are predicted, no branch for stills, no marks, no answers for the context."""
    config = LevelsConfig(24, 5, 2, 60, 8, 4, taps=(0, 2, 4), stills=False, marks=False)
    predictor = LevelsPredictorConfig(24, 2, 2, 96, 2, levels=2, features=48, marks=False, answers_context=False)
    torch.manual_seed(0)
    networks = {"encoder": config.make(), "target_encoder": config.make(), "predictor": predictor.make(config)}
    torch.save({name: net.state_dict() for name, net in networks.items()}, tmp_path / "latest.pth.tar")
    said: dict[str, Any] = {"path": tmp_path, "heads": 2, "predictor_heads": 2, "frames": 8, "image_size": (32, 40), "taps": (0, 2, 4)}
    jepa = load(**said)
    assert jepa.report.whole
    assert facts(**said)["encoder_rope"].value == "plain"
    with pytest.raises(BadInput, match="patches of 14 and 16"):
        load(**said, encoder_rope="interpolated")
    video = jepa.encoder.prepare([Clip(np.zeros((1, 50, 50, 3), np.uint8))]).video
    assert video.shape == (1, 3, 4, 32, 40)
    half = torch.arange(20).reshape(1, 1, 4, 5) < 9
    masked = cast(LevelsMasked, jepa.need_masked())
    targets = masked.targets(video)
    assert targets is not None
    assert masked.predict(video, half, ~half[None])[0].tokens.shape == targets.tokens.shape == (1, 1, 4, 5, 48)
    with pytest.raises(PartUnavailable, match="predictor_proj_context"):
        masked.predict_context(video, half, ~half[None])


@pytest.mark.parametrize(
    ("part", "name", "tensor", "words"),
    [
        ("predictor", "predictor_embed.0.weight", torch.zeros(24, 50), "takes 50 features"),
        ("predictor", "predictor_embed.0.weight", torch.tensor(1.0), "takes 0 features"),
        ("predictor", "predictor_embed.2.weight", torch.zeros(3), r"no predictor_embed\.2"),
        ("predictor", "predictor_proj.weight", None, "predictor_proj.weight is None"),
        ("predictor", "predictor_proj.weight", torch.tensor(1.0), r"predictor_proj.weight is \(\)"),
        ("target_encoder", "patch_embed_img.proj.weight", torch.zeros(24, 3, 2, 16, 16), "patch_embed_img"),
        ("target_encoder", "patch_embed.proj.weight", torch.zeros(24, 1, 2, 16, 16), r"not \(dim, 3, tubelet"),
    ],
)
def test_shapes_that_contradict_each_other_are_refused(
    tmp_path: Path, content: Content, part: str, name: str, tensor: Tensor | None, words: str
) -> None:
    content[part][f"module.backbone.{name}"] = tensor
    content[part] = {k: v for k, v in content[part].items() if v is not None}
    with pytest.raises(CheckpointError, match=words):
        load(**saved(tmp_path, content))


def test_a_missing_norm_of_a_level_is_partial_and_refused(tmp_path: Path, content: Content) -> None:
    del content["encoder"]["module.backbone.norms_block.1.weight"]
    jepa = load(**saved(tmp_path, content))
    assert jepa.report.part("encoder_context").missing == ("norms_block.1.weight",)
    with pytest.raises(PartUnavailable, match=r"norms_block\.1\.weight"):
        jepa.need_masked()


def test_half_precision_stays_close(trained) -> None:
    jepa, given, expected = load(**VJEPA2_1, dtype="bfloat16"), trained[1], trained[2]
    seen, asked = given["masks_enc_0"], given["masks_pred_0"]
    predicted = jepa.need_masked().predict(given["clips"], mask_of(seen, (3, 3, 3)), mask_of(asked, (3, 3, 3))[None])[0]
    found = at(predicted.tokens, asked)
    assert found.dtype == torch.float32
    assert (found - expected["pred_0"]).abs().mean() < 0.05
