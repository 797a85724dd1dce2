"""What the tokens of a clip hold, layer by layer: maps, similarity, attention, and numbers over a bank."""

from __future__ import annotations

from workbench.measures.features.attending import attention
from workbench.measures.features.joint import joint_features
from workbench.measures.features.maps import features
from workbench.measures.features.profile import layer_profile
from workbench.measures.features.similar import similarity

__all__ = ["attention", "features", "joint_features", "layer_profile", "similarity"]
