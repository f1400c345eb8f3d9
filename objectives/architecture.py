"""A decoder-only transformer counted exactly: parameters by role, FLOPs per trained token.

An `Architecture` is its dimensions. The same formulas count one model in Python integers and, given int64
arrays for dimensions, a whole table of them.

*Matmul parameters* are the weights a token is multiplied with: everything but norms, biases, positions and
the look-up of the input embedding; the head counts, tied or not. Training costs 6 FLOPs each (2 forward, 4
backward), to which attention adds 6 x layers x heads x (score width + value width) x sequence length; causal
attention needs half of that.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Integers = int | npt.NDArray[np.int64]
"""One dimension, or a column of them."""


class QKNorm(StrEnum):
    """Normalisation of queries and keys before the scores."""

    NONE = "none"
    PER_HEAD = "per head"
    """One gain of head size each for queries and keys (Qwen3)."""
    WHOLE = "whole projection"
    """One gain as wide as the projection (OLMo 2)."""


@dataclass(frozen=True)
class GroupedQueryAttention:
    """Multi-head attention whose key-value heads may be fewer than its heads (equal: MHA, one: MQA)."""

    heads: Integers
    kv_heads: Integers
    head_dim: Integers
    qkv_bias: bool = False
    out_bias: bool = False
    qk_norm: QKNorm = QKNorm.NONE
    sinks: bool = False
    """One learned logit per head that lets it attend to nothing (gpt-oss)."""

    def matmul(self, d_model: Integers) -> Integers:
        """Weights of the query, key, value and output projections."""
        return 2 * d_model * self.head_dim * (self.heads + self.kv_heads)

    def other(self, d_model: Integers) -> Integers:
        """Biases, norms and sinks."""
        queries_and_keys = self.head_dim * (self.heads + self.kv_heads)
        count: Integers = self.heads if self.sinks else 0
        if self.qkv_bias:
            count += queries_and_keys + self.head_dim * self.kv_heads
        if self.out_bias:
            count += d_model
        if self.qk_norm is QKNorm.PER_HEAD:
            count += 2 * self.head_dim
        if self.qk_norm is QKNorm.WHOLE:
            count += queries_and_keys
        return count

    @property
    def width(self) -> Integers:
        """Multiplications per token and position attended to: scores and weighted values, all heads."""
        return 2 * self.heads * self.head_dim


@dataclass(frozen=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values from one narrow vector."""

    heads: int
    kv_rank: int
    q_rank: int | None = None
    """Width of the query's own narrow vector; `None` projects queries directly."""
    nope_dim: int = 128
    """Part of a query or key without rotary position."""
    rope_dim: int = 64
    value_dim: int = 128

    def matmul(self, d_model: Integers) -> Integers:
        """Weights of the down, up and output projections."""
        query = self.heads * (self.nope_dim + self.rope_dim)
        queries = d_model * query if self.q_rank is None else self.q_rank * (d_model + query)
        keys = d_model * (self.kv_rank + self.rope_dim)
        keys += self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        return queries + keys + self.heads * self.value_dim * d_model

    def other(self, d_model: Integers) -> Integers:
        """Norms of the narrow vectors."""
        del d_model
        return self.kv_rank + (self.q_rank or 0)

    @property
    def width(self) -> Integers:
        """As for grouped-query attention; queries and keys are wider than values."""
        return self.heads * (self.nope_dim + self.rope_dim + self.value_dim)


@dataclass(frozen=True)
class FeedForward:
    """Two projections, or three when gated (SwiGLU and its kin)."""

    width: Integers
    gated: bool = True
    bias: bool = False

    def matmul(self, d_model: Integers) -> Integers:
        """Weights."""
        return (3 if self.gated else 2) * d_model * self.width

    def other(self, d_model: Integers) -> Integers:
        """Biases."""
        return (2 if self.gated else 1) * self.width + d_model if self.bias else 0


@dataclass(frozen=True)
class Experts:
    """A mixture of equal experts: the router picks `top_k` of `number`; `shared` ones see every token."""

    number: Integers
    top_k: Integers
    expert: FeedForward
    shared: Integers = 0
    router_bias: bool = False


@dataclass(frozen=True)
class Counts:
    """Parameters by role; Python integers, or int64 columns."""

    total: Integers
    active: Integers
    """Used for one token, the whole input embedding included."""
    input_embedding: Integers
    head: Integers
    """0 where it is tied to the input embedding."""
    matmul: Integers
    """Multiplied with per token; see the module's first lines."""

    @property
    def active_without_input_embedding(self) -> Integers:
        """The active count where only weights in use for arithmetic matter; a tied embedding is the head."""
        return self.active - self.input_embedding * (self.head > 0)

    @property
    def non_embedding(self) -> Integers:
        """Active parameters without input embedding and head (learned positions, which few have, stay in)."""
        return self.active - self.input_embedding - self.head

    @property
    def sparsity(self) -> float | npt.NDArray[np.float64]:
        """Fraction of all parameters that a token does not use."""
        return 1.0 - self.active / self.total


@dataclass(frozen=True)
class Architecture:
    """Dimensions of a decoder-only transformer.

    Layers from `dense_layers` on are mixtures of `experts`; without experts, every layer is dense.
    """

    layers: Integers
    d_model: Integers
    vocab: Integers
    attention: GroupedQueryAttention | LatentAttention
    feed_forward: FeedForward | None = None
    """Of the dense layers."""
    experts: Experts | None = None
    dense_layers: Integers = 0
    """Leading layers without experts, in a mixture."""
    tied_embeddings: bool = False
    norms_per_layer: int = 2
    """Norms as wide as the model in a layer; 0 leaves out the final norm too."""
    norm_bias: bool = False
    """LayerNorm's shift beside its scale."""
    positions: int = 0
    """Learned position embeddings."""

    def counts(self) -> Counts:
        """Parameters by role."""
        d = self.d_model
        embedding: Integers = self.vocab * d
        head: Integers = 0 * embedding if self.tied_embeddings else embedding
        norms = self.norms_per_layer * self.layers + (1 if self.norms_per_layer else 0)
        matmul: Integers = self.layers * self.attention.matmul(d)
        other: Integers = self.layers * self.attention.other(d)
        other += (norms * (2 if self.norm_bias else 1) + self.positions) * d
        idle: Integers = 0
        if self.experts is not None:
            mixture, idle = self._mixture(self.experts)
            matmul, other = matmul + mixture[0], other + mixture[1]
        if self.feed_forward is not None:
            dense = self.layers if self.experts is None else self.dense_layers
            matmul += dense * self.feed_forward.matmul(d)
            other += dense * self.feed_forward.other(d)
        active: Integers = embedding + head + matmul + other
        return Counts(active + idle, active, embedding, head, matmul + embedding)

    def _mixture(self, experts: Experts) -> tuple[tuple[Integers, Integers], Integers]:
        """Matmul and other parameters a token uses in the mixture layers, and those it leaves idle."""
        d, expert, layers = self.d_model, experts.expert, self.layers - self.dense_layers
        used = experts.top_k + experts.shared
        matmul = layers * (experts.number * d + used * expert.matmul(d))
        router_bias: Integers = experts.number if experts.router_bias else 0
        other = layers * (router_bias + used * expert.other(d))
        idle = layers * (experts.number - experts.top_k) * (expert.matmul(d) + expert.other(d))
        return (matmul, other), idle

    def flops_per_token(self, sequence: int, *, causal: bool = True) -> Integers:
        """FLOPs to train on one token of sequences of this length, forward and backward.

        Args:
            sequence: tokens in a training sequence.
            causal: count only the half of the attention a causal mask leaves; False counts all of it, as
                most published figures do.
        """
        attention = 6 * self.layers * self.attention.width * sequence
        return 6 * self.counts().matmul + (attention // 2 if causal else attention)
