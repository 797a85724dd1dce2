"""Where an arm is after a move: (x, y, z, roll, pitch, yaw, gripper), as DROID states it and V-JEPA 2-AC and jepa-wms integrate it.

Angles are turns about the fixed axes x, then y, then z ("xyz", lower case, in scipy's words), so R = Rz·Ry·Rx.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

POSE = 7
_STRAIGHT_UP = 1e-9  # cosine of the pitch below which roll and yaw turn about the same axis


def matrices(angles: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation matrices of roll, pitch and yaw in radians."""
    (sa, sb, sc), (ca, cb, cc) = angles.sin().unbind(-1), angles.cos().unbind(-1)
    rows = (
        torch.stack((cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa), -1),
        torch.stack((sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa), -1),
        torch.stack((-sb, cb * sa, cb * ca), -1),
    )
    return torch.stack(rows, -2)


def angles_of(matrix: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """Roll, pitch and yaw of rotation matrices: pitch within ±π/2, and yaw 0 where the hand points straight up or down."""
    level = torch.hypot(matrix[..., 0, 0], matrix[..., 1, 0])
    pitch = torch.atan2(-matrix[..., 2, 0], level)
    upright = level < _STRAIGHT_UP
    roll = torch.where(
        upright,
        torch.atan2(-matrix[..., 1, 2], matrix[..., 1, 1]),
        torch.atan2(matrix[..., 2, 1], matrix[..., 2, 2]),
    )
    yaw = torch.where(upright, torch.zeros_like(roll), torch.atan2(matrix[..., 1, 0], matrix[..., 0, 0]))
    return torch.stack((roll, pitch, yaw), -1)


def advance_pose(pose: Float[Tensor, "*batch 7"], action: Float[Tensor, "*batch 7"]) -> Float[Tensor, "*batch 7"]:
    """The pose after an action: positions add, the action's turn comes after the pose's (ΔR·R), the gripper adds and stays within 0 to 1.

    Computed in float64 and given back in the pose's type.
    """
    old, move = pose.double(), action.double()
    turned = angles_of(matrices(move[..., 3:6]) @ matrices(old[..., 3:6]))
    gripper = (old[..., 6:] + move[..., 6:]).clamp(0.0, 1.0)
    return torch.cat((old[..., :3] + move[..., :3], turned, gripper), -1).to(pose.dtype)


def pose_moves(poses: Float[Tensor, "*batch ticks 7"]) -> Float[Tensor, "*batch moves 7"]:
    """The actions that lead from each pose to the next, as training computed them: differences, and R₊·Rᵀ for the turn."""
    p = poses.double()
    turns = matrices(p[..., 3:6])
    moved = angles_of(turns[..., 1:, :, :] @ turns[..., :-1, :, :].transpose(-1, -2))
    step = p[..., 1:, :] - p[..., :-1, :]
    return torch.cat((step[..., :3], moved, step[..., 6:]), -1).to(poses.dtype)
