"""The pre-norm transformer block of the Meta families: fused qkv, exact GELU, layer norm with ε = 1e-6 unless said otherwise."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.nn.positions import Rotary, rotate


class Attention(nn.Module):
    """Softmax attention over the tokens given; positions enter by `rotary`, or not at all."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Float[Tensor, "batch tokens dim"], rotary: Rotary | None = None) -> Float[Tensor, "batch tokens dim"]:
        q, k, v = self._split(x, rotary)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))

    def weights(self, x: Float[Tensor, "batch tokens dim"], rotary: Rotary | None = None) -> Float[Tensor, "batch heads tokens tokens"]:
        """The softmax that `forward` weighs the values with: [batch, heads, queries, keys]."""
        q, k, _ = self._split(x, rotary)
        return softmax_of(q, k)

    def _split(self, x: Tensor, rotary: Rotary | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [batch, heads, tokens, head]."""
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))
        qk, v = qkv[:, :, :2], qkv[:, :, 2]
        if rotary is not None:
            qk = rotate(qk, rotary)
        return qk[:, :, 0].transpose(1, 2), qk[:, :, 1].transpose(1, 2), v.transpose(1, 2)


def softmax_of(q: Float[Tensor, "batch heads queries head"], k: Float[Tensor, "batch heads keys head"]) -> Float[Tensor, "batch heads queries keys"]:
    """Attention weights of scaled dot products."""
    return (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1)


class Mlp(nn.Module):
    """Two linear layers with the exact (erf) GELU between."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Float[Tensor, "... dim"]) -> Float[Tensor, "... dim"]:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """x + attention(norm1 x), then x + mlp(norm2 x)."""

    def __init__(self, dim: int, heads: int, hidden: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=eps)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=eps)
        self.mlp = Mlp(dim, hidden)

    def forward(self, x: Float[Tensor, "batch tokens dim"], rotary: Rotary | None = None) -> Float[Tensor, "batch tokens dim"]:
        x = x + self.attn(self.norm1(x), rotary)
        return x + self.mlp(self.norm2(x))


def published_init(module: nn.Module) -> None:
    """I-JEPA's and V-JEPA's initialisation: truncated normals of deviation 0.02, block i's output layers divided by √(2(i + 1))."""
    for m in module.modules():
        if isinstance(m, nn.Linear | nn.Conv2d | nn.Conv3d):
            nn.init.trunc_normal_(m.weight, std=0.02)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
    for blocks in (m for m in module.modules() if isinstance(m, nn.ModuleList)):
        for i, block in enumerate(blocks):
            if isinstance(block, Block):
                for layer in (block.attn.proj, block.mlp.fc2):
                    layer.weight.data.div_((2.0 * (i + 1)) ** 0.5)
