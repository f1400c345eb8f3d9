"""A small GPT as a function of its weights: learned positions, pre-normalised, tied embeddings (PyTorch)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

Tensor = Any
Weights = dict[str, Tensor]

HEAD = 16
"""Width of an attention head."""


@dataclass(frozen=True)
class Shape:
    """Width and depth of a model."""

    width: int
    layers: int
    vocabulary: int
    context: int

    @property
    def parameters(self) -> int:
        """Weights without the two embeddings, norms included: 12 layers width^2 and a little."""
        return self.layers * (12 * self.width**2 + 2 * self.width) + self.width


def initial(shape: Shape, seed: int) -> Weights:
    """Weights before training: unit gain, less for the matrices that end a block."""
    random = torch.Generator().manual_seed(seed)

    def normal(rows: int, columns: int, scale: float = 1.0) -> Tensor:
        return (scale * columns**-0.5 * torch.randn((rows, columns), generator=random)).requires_grad_()

    width, closing = shape.width, (2 * shape.layers) ** -0.5
    weights = {
        "embedding": normal(shape.vocabulary, width),
        "positions": normal(shape.context, width, scale=0.1),
        "before": torch.full((width,), 0.5).requires_grad_(),
        "norm": torch.ones(width).requires_grad_(),
    }
    for layer in range(shape.layers):
        weights |= {
            f"{layer}.norm1": torch.ones(width).requires_grad_(),
            f"{layer}.qkv": normal(3 * width, width),
            f"{layer}.out": normal(width, width, scale=closing),
            f"{layer}.norm2": torch.ones(width).requires_grad_(),
            f"{layer}.up": normal(4 * width, width),
            f"{layer}.down": normal(width, 4 * width, scale=closing),
        }
    return weights


def losses(weights: Weights, shape: Shape, windows: Tensor) -> Tensor:
    """Cross-entropy of every token given those before it in its window.

    Args:
        weights: of a model of this shape.
        shape: of the model.
        windows: tokens, shape (count, context + 1).

    Returns:
        Nats per token, shape (count, context): column i - 1 has seen i tokens.
    """
    x = functional.embedding(windows[:, :-1], weights["embedding"])
    x = x + weights["before"] * functional.pad(x, (0, 0, 1, 0))[:, :-1] + weights["positions"]
    for layer in range(shape.layers):
        own = {name: weights[f"{layer}.{name}"] for name in ("norm1", "qkv", "out", "norm2", "up", "down")}
        x = x + _attention(_normed(x, own["norm1"]), own)
        x = x + functional.linear(
            functional.gelu(functional.linear(_normed(x, own["norm2"]), own["up"])), own["down"]
        )
    scores = functional.linear(_normed(x, weights["norm"]), weights["embedding"])
    flat = functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten(), reduction="none")
    return flat.view(windows.shape[0], shape.context)


def _normed(x: Tensor, gain: Tensor) -> Tensor:
    return functional.rms_norm(x, (x.shape[-1],), gain)


def _attention(x: Tensor, own: Weights) -> Tensor:
    count, context, width = x.shape
    parts = functional.linear(x, own["qkv"]).view(count, context, 3, width // HEAD, HEAD).transpose(1, 3)
    query, key, value = parts.unbind(2)
    mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    return functional.linear(mixed.transpose(1, 2).reshape(count, context, width), own["out"])
