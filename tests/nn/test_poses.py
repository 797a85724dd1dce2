"""Poses after moves, against turns that are made one axis at a time."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from workbench.nn.poses import advance_pose, angles_of, matrices, pose_moves


def turn(axis: int, angle: float) -> Tensor:
    """A turn about one fixed axis, written down cell by cell."""
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[a, a] = matrix[b, b] = math.cos(angle)
    matrix[a, b], matrix[b, a] = -math.sin(angle), math.sin(angle)
    return matrix


def slowly(angles: Tensor) -> Tensor:
    """About x, then y, then z."""
    return turn(2, float(angles[2])) @ turn(1, float(angles[1])) @ turn(0, float(angles[0]))


def drawn(*shape: int, spread: float = 1.0) -> Tensor:
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1) * spread


def test_matrices_turn_about_x_then_y_then_z() -> None:
    angles = drawn(50, 3, spread=4.0)
    torch.testing.assert_close(matrices(angles), torch.stack([slowly(a) for a in angles]), atol=1e-12, rtol=0)


def test_angles_come_back_from_their_matrices() -> None:
    angles = drawn(200, 3) * torch.tensor([math.pi, math.pi / 2, math.pi], dtype=torch.float64)
    torch.testing.assert_close(angles_of(matrices(angles)), angles, atol=1e-9, rtol=0)


@pytest.mark.parametrize("pitch", [math.pi / 2, -math.pi / 2, math.pi / 2 - 1e-5])
def test_a_hand_that_points_straight_up_or_down_still_has_angles_of_the_same_turn(pitch: float) -> None:
    angles = torch.tensor([[0.4, pitch, -1.1], [0.0, pitch, 0.3]], dtype=torch.float64)
    again = angles_of(matrices(angles))
    assert again.isfinite().all()
    torch.testing.assert_close(matrices(again), matrices(angles), atol=1e-8, rtol=0)


def test_a_move_adds_the_place_turns_after_the_pose_and_keeps_the_gripper_within_its_travel() -> None:
    poses, moves = drawn(40, 7), drawn(40, 7, spread=0.7)
    reached = advance_pose(poses, moves)
    torch.testing.assert_close(reached[:, :3], poses[:, :3] + moves[:, :3])
    turned = torch.stack([slowly(m) @ slowly(p) for m, p in zip(moves[:, 3:6], poses[:, 3:6], strict=True)])
    torch.testing.assert_close(matrices(reached[:, 3:6]), turned, atol=1e-12, rtol=0)
    assert reached[:, 6].tolist() == pytest.approx((poses[:, 6] + moves[:, 6]).clamp(0, 1).tolist())
    assert {0.0, 1.0} <= set(reached[:, 6].tolist())


def test_any_number_of_poses_move_at_once_and_keep_their_type() -> None:
    poses, moves = drawn(3, 4, 7).float(), drawn(3, 4, 7, spread=0.2).float()
    together = advance_pose(poses, moves)
    assert together.dtype == torch.float32
    assert torch.equal(together[1, 2], advance_pose(poses[1, 2], moves[1, 2]))


def test_the_moves_between_poses_lead_from_one_to_the_next() -> None:
    poses = drawn(2, 5, 7)
    poses[..., 6] = poses[..., 6].abs()
    reached = advance_pose(poses[:, :-1], pose_moves(poses))
    torch.testing.assert_close(
        reached, torch.cat([poses[:, 1:, :3], angles_of(matrices(poses[:, 1:, 3:6])), poses[:, 1:, 6:]], -1), atol=1e-9, rtol=0
    )
