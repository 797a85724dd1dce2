"""Look inside JEPA world models.

    import workbench as jw

    jepa = jw.load("shapes")                       # a sample, or the path of a checkpoint
    bank = jw.open_bank("shapes")                  # held-out clips, for the baselines
    mask = jw.sample_mask("ijepa_multiblock", (1, 8, 8), seed=0, min_keep=4)
    error = jw.predict(jepa, bank.clips[0], mask, bank=bank)
    print(error.skill)
    jw.board("shapes")                             # in a notebook: the same boards as in the app

Nothing is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.boards.show import show
    from workbench.core.clip import Clip
    from workbench.core.codec import load as read_results
    from workbench.core.mask import Mask
    from workbench.families.wrapped import wrap
    from workbench.fits.decoder_file import save_decoder
    from workbench.front import (
        embed,
        inspect,
        load,
        open_bank,
        open_clips,
        scenes,
    )
    from workbench.masks import sample_mask
    from workbench.measures.anatomy import error_anatomy
    from workbench.measures.audit import audit_masks
    from workbench.measures.axis import axis
    from workbench.measures.bank import Bank
    from workbench.measures.checkpoint import check_file, describe_file, describe_model, tensor_histogram
    from workbench.measures.clips import describe_bank, look_at, shown_clip, warm
    from workbench.measures.decoding import decode_clip, decoder_file, decoder_prior, fit_decoder, open_decoder
    from workbench.measures.dimension import dimension
    from workbench.measures.factors import factor_table, latent_moves
    from workbench.measures.features import attention, features, joint_features, layer_profile, similarity
    from workbench.measures.health import health
    from workbench.measures.labels import classify
    from workbench.measures.neighbours import neighbour_labels, neighbours
    from workbench.measures.pairs import pair_accuracy, quad_accuracy
    from workbench.measures.planning import clip_ends, drive, energy_landscape, first_move, plan, plan_view, walk, world_ends, world_picture
    from workbench.measures.prediction import masked_view, prediction_error
    from workbench.measures.probes import label_columns, probe
    from workbench.measures.projection import fit_projection, judge_projection, place, project, refit_projection, warm_projection
    from workbench.measures.rollout import drift, film_view, rollout
    from workbench.measures.rows import describe_vectors, find_vectors, row_pictures, row_table
    from workbench.measures.runs.difference import compare_checkpoints
    from workbench.measures.runs.health import run_health
    from workbench.measures.runs.log import run_log
    from workbench.measures.runs.maps import run_maps
    from workbench.measures.sensitivity import changeable, sensitivity, survey
    from workbench.measures.shading import shade_map
    from workbench.measures.stability import sweep_projection
    from workbench.measures.surprise import future_leak, judge_twins, occlusion_map, possible_surprise, surprise, surprise_view
    from workbench.measures.videos import video_file
    from workbench.measures.yardsticks import bank_errors, yardsticks
    from workbench.notebook import beside, board, open_view
    from workbench.runs.callback import run_callback
    from workbench.runs.recorder import RunRecorder
    from workbench.runs.run import open_run
    from workbench.store import join, open_vectors, save_vectors

    predict = prediction_error

_VERBS = {
    "load": "workbench.front",
    "wrap": "workbench.families.wrapped",
    "inspect": "workbench.front",
    "describe_model": "workbench.measures.checkpoint",
    "describe_file": "workbench.measures.checkpoint",
    "check_file": "workbench.measures.checkpoint",
    "tensor_histogram": "workbench.measures.checkpoint",
    "open_bank": "workbench.front",
    "open_clips": "workbench.front",
    "scenes": "workbench.front",
    "shown_clip": "workbench.measures.clips",
    "look_at": "workbench.measures.clips",
    "describe_bank": "workbench.measures.clips",
    "warm": "workbench.measures.clips",
    "film_view": "workbench.measures.rollout",
    "embed": "workbench.front",
    "open_vectors": "workbench.store",
    "save_vectors": "workbench.store",
    "join": "workbench.store",
    "sample_mask": "workbench.masks",
    "predict": "workbench.measures.prediction:prediction_error",
    "masked_view": "workbench.measures.prediction",
    "yardsticks": "workbench.measures.yardsticks",
    "bank_errors": "workbench.measures.yardsticks",
    "classify": "workbench.measures.labels",
    "rollout": "workbench.measures.rollout",
    "drift": "workbench.measures.rollout",
    "surprise": "workbench.measures.surprise",
    "surprise_view": "workbench.measures.surprise",
    "possible_surprise": "workbench.measures.surprise",
    "judge_twins": "workbench.measures.surprise",
    "occlusion_map": "workbench.measures.surprise",
    "future_leak": "workbench.measures.surprise",
    "pair_accuracy": "workbench.measures.pairs",
    "quad_accuracy": "workbench.measures.pairs",
    "plan": "workbench.measures.planning",
    "plan_view": "workbench.measures.planning",
    "energy_landscape": "workbench.measures.planning",
    "first_move": "workbench.measures.planning",
    "drive": "workbench.measures.planning",
    "walk": "workbench.measures.planning",
    "world_ends": "workbench.measures.planning",
    "world_picture": "workbench.measures.planning",
    "clip_ends": "workbench.measures.planning",
    "factor_table": "workbench.measures.factors",
    "changeable": "workbench.measures.sensitivity",
    "sensitivity": "workbench.measures.sensitivity",
    "survey": "workbench.measures.sensitivity",
    "video_file": "workbench.measures.videos",
    "fit_decoder": "workbench.measures.decoding",
    "open_decoder": "workbench.measures.decoding",
    "save_decoder": "workbench.fits.decoder_file",
    "decoder_file": "workbench.measures.decoding",
    "decode_clip": "workbench.measures.decoding",
    "decoder_prior": "workbench.measures.decoding",
    "latent_moves": "workbench.measures.factors",
    "project": "workbench.measures.projection",
    "fit_projection": "workbench.measures.projection",
    "refit_projection": "workbench.measures.projection",
    "judge_projection": "workbench.measures.projection",
    "place": "workbench.measures.projection",
    "warm_projection": "workbench.measures.projection",
    "sweep_projection": "workbench.measures.stability",
    "shade_map": "workbench.measures.shading",
    "neighbours": "workbench.measures.neighbours",
    "neighbour_labels": "workbench.measures.neighbours",
    "row_table": "workbench.measures.rows",
    "find_vectors": "workbench.measures.rows",
    "describe_vectors": "workbench.measures.rows",
    "row_pictures": "workbench.measures.rows",
    "axis": "workbench.measures.axis",
    "dimension": "workbench.measures.dimension",
    "health": "workbench.measures.health",
    "attention": "workbench.measures.features",
    "audit_masks": "workbench.measures.audit",
    "error_anatomy": "workbench.measures.anatomy",
    "features": "workbench.measures.features",
    "joint_features": "workbench.measures.features",
    "layer_profile": "workbench.measures.features",
    "label_columns": "workbench.measures.probes",
    "probe": "workbench.measures.probes",
    "similarity": "workbench.measures.features",
    "open_run": "workbench.runs.run",
    "run_callback": "workbench.runs.callback",
    "run_log": "workbench.measures.runs.log",
    "run_health": "workbench.measures.runs.health",
    "run_maps": "workbench.measures.runs.maps",
    "compare_checkpoints": "workbench.measures.runs.difference",
    "show": "workbench.boards.show",
    "read_results": "workbench.core.codec:load",
    "beside": "workbench.notebook",
    "board": "workbench.notebook",
    "open_view": "workbench.notebook",
    "Bank": "workbench.measures.bank",
    "Clip": "workbench.core.clip",
    "RunRecorder": "workbench.runs.recorder",
    "Mask": "workbench.core.mask",
}

__all__ = [
    "Bank",
    "Clip",
    "Mask",
    "RunRecorder",
    "attention",
    "audit_masks",
    "axis",
    "bank_errors",
    "beside",
    "board",
    "changeable",
    "check_file",
    "classify",
    "clip_ends",
    "compare_checkpoints",
    "decode_clip",
    "decoder_file",
    "decoder_prior",
    "describe_bank",
    "describe_file",
    "describe_model",
    "dimension",
    "drift",
    "drive",
    "embed",
    "energy_landscape",
    "error_anatomy",
    "factor_table",
    "features",
    "film_view",
    "first_move",
    "fit_decoder",
    "fit_projection",
    "refit_projection",
    "future_leak",
    "health",
    "inspect",
    "join",
    "joint_features",
    "judge_projection",
    "judge_twins",
    "label_columns",
    "latent_moves",
    "layer_profile",
    "load",
    "look_at",
    "masked_view",
    "neighbour_labels",
    "neighbours",
    "occlusion_map",
    "open_bank",
    "open_clips",
    "open_decoder",
    "open_run",
    "open_vectors",
    "open_view",
    "pair_accuracy",
    "place",
    "plan",
    "plan_view",
    "possible_surprise",
    "predict",
    "probe",
    "project",
    "quad_accuracy",
    "read_results",
    "rollout",
    "row_pictures",
    "row_table",
    "find_vectors",
    "describe_vectors",
    "run_callback",
    "run_health",
    "run_log",
    "run_maps",
    "sample_mask",
    "save_decoder",
    "save_vectors",
    "scenes",
    "sensitivity",
    "shade_map",
    "show",
    "shown_clip",
    "similarity",
    "surprise",
    "surprise_view",
    "survey",
    "sweep_projection",
    "tensor_histogram",
    "video_file",
    "walk",
    "warm",
    "warm_projection",
    "world_ends",
    "world_picture",
    "wrap",
    "yardsticks",
]


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}; it has {', '.join(_VERBS)}")
    module, _, attribute = _VERBS[name].partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    return __all__
