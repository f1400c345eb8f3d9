"""Published models by their dimensions, to say which real architectures stand near an optimum.

Dimensions are those of the models' own configuration files and papers (the source beside each family).
Two entries are conventions: GPT-3's 13B and XL are counted at the widths below, because the published ones
contradict themselves (d = 5140; 24 heads of 128 for a width of 2048), and Gopher and Chinchilla without
norms, biases and relative positions (whose extra projection is disputed, arXiv 2509.23963).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from objectives.architecture import (
    Architecture,
    Experts,
    FeedForward,
    GroupedQueryAttention,
    LatentAttention,
    QKNorm,
)


@dataclass(frozen=True)
class Model:
    """A published model."""

    name: str
    architecture: Architecture
    sequence: int
    """Tokens in a training sequence; where the paper is silent, assumed (gpt-oss: 4096)."""
    source: str

    @property
    def n_total(self) -> int:
        """All parameters."""
        return int(self.architecture.counts().total)

    @property
    def n_active(self) -> int:
        """Parameters one token uses, input embedding included."""
        return int(self.architecture.counts().active)


@dataclass(frozen=True)
class _Dense:
    """Dimensions of a dense model with rotary positions and gated feed-forward layers."""

    name: str
    layers: int
    d_model: int
    d_ff: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    tied: bool = False


@dataclass(frozen=True)
class _Family:
    """Dense models of one paper and one layout."""

    source: str
    sequence: int
    members: tuple[_Dense, ...]
    qkv_bias: bool = False
    qk_norm: QKNorm = QKNorm.NONE
    norms_per_layer: int = 2

    def models(self) -> Iterator[Model]:
        for row in self.members:
            attention = GroupedQueryAttention(
                row.heads, row.kv_heads, row.head_dim, qkv_bias=self.qkv_bias, qk_norm=self.qk_norm
            )
            architecture = Architecture(
                row.layers,
                row.d_model,
                row.vocab,
                attention,
                FeedForward(row.d_ff),
                tied_embeddings=row.tied,
                norms_per_layer=self.norms_per_layer,
            )
            yield Model(row.name, architecture, self.sequence, self.source)


_FAMILIES = (
    _Family(
        "arXiv 2307.09288",
        4096,
        (
            _Dense("Llama-2-7B", 32, 4096, 11008, 32, 32, 128, 32000),
            _Dense("Llama-2-13B", 40, 5120, 13824, 40, 40, 128, 32000),
            _Dense("Llama-2-70B", 80, 8192, 28672, 64, 8, 128, 32000),
        ),
    ),
    _Family(
        "arXiv 2407.21783",
        8192,
        (
            _Dense("Llama-3-8B", 32, 4096, 14336, 32, 8, 128, 128256),
            _Dense("Llama-3-70B", 80, 8192, 28672, 64, 8, 128, 128256),
            _Dense("Llama-3.1-405B", 126, 16384, 53248, 128, 8, 128, 128256),
        ),
    ),
    _Family(
        "Llama 3.2 model card (pruned and distilled)",
        8192,
        (
            _Dense("Llama-3.2-1B", 16, 2048, 8192, 32, 8, 64, 128256, tied=True),
            _Dense("Llama-3.2-3B", 28, 3072, 8192, 24, 8, 128, 128256, tied=True),
        ),
    ),
    _Family(
        "arXiv 2412.15115",
        4096,
        (
            _Dense("Qwen2.5-0.5B", 24, 896, 4864, 14, 2, 64, 151936, tied=True),
            _Dense("Qwen2.5-1.5B", 28, 1536, 8960, 12, 2, 128, 151936, tied=True),
            _Dense("Qwen2.5-3B", 36, 2048, 11008, 16, 2, 128, 151936, tied=True),
            _Dense("Qwen2.5-7B", 28, 3584, 18944, 28, 4, 128, 152064),
            _Dense("Qwen2.5-14B", 48, 5120, 13824, 40, 8, 128, 152064),
            _Dense("Qwen2.5-32B", 64, 5120, 27648, 40, 8, 128, 152064),
            _Dense("Qwen2.5-72B", 80, 8192, 29568, 64, 8, 128, 152064),
        ),
        qkv_bias=True,
    ),
    _Family(
        "arXiv 2505.09388",
        4096,
        (
            _Dense("Qwen3-0.6B", 28, 1024, 3072, 16, 8, 128, 151936, tied=True),
            _Dense("Qwen3-1.7B", 28, 2048, 6144, 16, 8, 128, 151936, tied=True),
            _Dense("Qwen3-4B", 36, 2560, 9728, 32, 8, 128, 151936, tied=True),
            _Dense("Qwen3-8B", 36, 4096, 12288, 32, 8, 128, 151936),
            _Dense("Qwen3-14B", 40, 5120, 17408, 40, 8, 128, 151936),
            _Dense("Qwen3-32B", 64, 5120, 25600, 64, 8, 128, 151936),
        ),
        qk_norm=QKNorm.PER_HEAD,
    ),
    _Family(  # the 32B is from the authors' later notes; its eight key-value heads are unverified
        "arXiv 2501.00656",
        4096,
        (
            _Dense("OLMo-2-7B", 32, 4096, 11008, 32, 32, 128, 100352),
            _Dense("OLMo-2-13B", 40, 5120, 13824, 40, 40, 128, 100352),
            _Dense("OLMo-2-32B", 64, 5120, 27648, 40, 8, 128, 100352),
        ),
        qk_norm=QKNorm.WHOLE,
    ),
    _Family(
        "arXiv 2408.00118",
        8192,
        (
            _Dense("Gemma-2-2B", 26, 2304, 9216, 8, 4, 256, 256000, tied=True),
            _Dense("Gemma-2-9B", 42, 3584, 14336, 16, 8, 256, 256000, tied=True),
            _Dense("Gemma-2-27B", 46, 4608, 36864, 32, 16, 128, 256000, tied=True),
        ),
        norms_per_layer=4,
    ),
)


def _gpt(name: str, layers: int, d: int, heads: int, vocab: int, source: str, *, learned: bool) -> Model:
    """GPT-2's layout: plain feed-forward of four times the width, LayerNorm and biases throughout.

    `learned` positions come with a tied embedding (GPT-3); without them the head is its own (Pythia).
    """
    attention = GroupedQueryAttention(heads, heads, d // heads, qkv_bias=True, out_bias=True)
    architecture = Architecture(
        layers,
        d,
        vocab,
        attention,
        FeedForward(4 * d, gated=False, bias=True),
        tied_embeddings=learned,
        norm_bias=True,
        positions=2048 if learned else 0,
    )
    return Model(name, architecture, 2048, source)


def _bare(name: str, layers: int, d: int, heads: int) -> Model:
    """Gopher's family by the textbook formula: 12 d^2 a layer and one embedding."""
    attention = GroupedQueryAttention(heads, heads, d // heads)
    feed_forward = FeedForward(4 * d, gated=False)
    architecture = Architecture(
        layers, d, 32000, attention, feed_forward, tied_embeddings=True, norms_per_layer=0
    )
    return Model(name, architecture, 2048, "arXiv 2112.11446, 2203.15556")


def _mixture(
    name: str,
    layers: int,
    d: int,
    vocab: int,
    attention: GroupedQueryAttention | LatentAttention,
    experts: tuple[int, int, int, int],
    source: str,
    *,
    dense: tuple[int, int] = (0, 0),
    sequence: int = 4096,
) -> Model:
    """A mixture: `experts` are (number, top k, width, shared), `dense` (leading dense layers, width)."""
    number, top_k, width, shared = experts
    architecture = Architecture(
        layers,
        d,
        vocab,
        attention,
        FeedForward(dense[1]) if dense[0] else None,
        Experts(number, top_k, FeedForward(width), shared),
        dense[0],
    )
    return Model(name, architecture, sequence, source)


def _gpt_oss(name: str, layers: int, number: int) -> Model:
    attention = GroupedQueryAttention(64, 8, 64, qkv_bias=True, out_bias=True, sinks=True)
    experts = Experts(number, 4, FeedForward(2880, bias=True), router_bias=True)
    return Model(
        name, Architecture(layers, 2880, 201088, attention, experts=experts), 4096, "arXiv 2508.10925"
    )


def _mixtures() -> Iterator[Model]:
    def qwen(heads: int) -> GroupedQueryAttention:
        return GroupedQueryAttention(heads, 4, 128, qk_norm=QKNorm.PER_HEAD)

    def mixtral(heads: int) -> GroupedQueryAttention:
        return GroupedQueryAttention(heads, 8, 128)

    source = "arXiv 2505.09388"
    yield _mixture("Qwen3-30B-A3B", 48, 2048, 151936, qwen(32), (128, 8, 768, 0), source)
    yield _mixture("Qwen3-235B-A22B", 94, 4096, 151936, qwen(64), (128, 8, 1536, 0), source)
    source = "arXiv 2401.04088"
    yield _mixture("Mixtral-8x7B", 32, 4096, 32000, mixtral(32), (8, 2, 14336, 0), source, sequence=32768)
    source = "mistral.ai, April 2024"
    yield _mixture("Mixtral-8x22B", 56, 6144, 32000, mixtral(48), (8, 2, 16384, 0), source, sequence=65536)
    source = "arXiv 2405.04434"
    latent = LatentAttention(128, 512, q_rank=1536)
    experts = (160, 6, 1536, 2)
    yield _mixture("DeepSeek-V2", 60, 5120, 102400, latent, experts, source, dense=(1, 12288))
    latent, experts = LatentAttention(16, 512), (64, 6, 1408, 2)
    yield _mixture("DeepSeek-V2-Lite", 27, 2048, 102400, latent, experts, source, dense=(1, 10944))
    latent, experts = LatentAttention(128, 512, q_rank=1536), (256, 8, 2048, 1)
    source = "arXiv 2412.19437 (without the multi-token-prediction module)"
    yield _mixture("DeepSeek-V3", 61, 7168, 129280, latent, experts, source, dense=(3, 18432))
    latent, experts = LatentAttention(64, 512, q_rank=1536), (384, 8, 2048, 1)
    source = "MoonshotAI model card (reported 1.04T, counted 1.026T)"
    yield _mixture("Kimi-K2", 61, 7168, 163840, latent, experts, source, dense=(1, 18432))
    yield _gpt_oss("gpt-oss-20b", 24, 32)
    yield _gpt_oss("gpt-oss-120b", 36, 128)


_PYTHIA = (
    ("70M", 6, 512, 8, 50304),
    ("160M", 12, 768, 12, 50304),
    ("410M", 24, 1024, 16, 50304),
    ("1B", 16, 2048, 8, 50304),
    ("1.4B", 24, 2048, 16, 50304),
    ("2.8B", 32, 2560, 32, 50304),
    ("6.9B", 32, 4096, 32, 50432),
    ("12B", 36, 5120, 40, 50688),
)
"""Name, layers, width, heads, vocabulary."""

_GPT_3 = (
    ("Small", 12, 768, 12),
    ("Medium", 24, 1024, 16),
    ("Large", 24, 1536, 16),
    ("XL", 24, 2048, 16),
    ("2.7B", 32, 2560, 32),
    ("6.7B", 32, 4096, 32),
    ("13B", 40, 5120, 40),
    ("175B", 96, 12288, 96),
)
"""Name, layers, width, heads."""


def _gpt_layouts() -> Iterator[Model]:
    source = "arXiv 2304.01373"
    for name, layers, d, heads, vocab in _PYTHIA:
        yield _gpt(f"Pythia-{name}", layers, d, heads, vocab, source, learned=False)
    source = "arXiv 2005.14165, Table 2.1"
    for name, layers, d, heads in _GPT_3:
        yield _gpt(f"GPT-3-{name}", layers, d, heads, 50257, source, learned=True)


@cache
def models() -> tuple[Model, ...]:
    """Every model of the table."""
    dense = (model for family in _FAMILIES for model in family.models())
    bare = (_bare("Gopher-280B", 80, 16384, 128), _bare("Chinchilla-70B", 80, 8192, 64))
    return (*dense, *_mixtures(), *_gpt_layouts(), *bare)


def nearest(n_total: float, n_active: float, k: int = 3) -> list[Model]:
    """The k models closest in size, by the distance between (ln n_total, ln n_active), closest first.

    >>> [model.name for model in nearest(671e9, 37e9, 2)]
    ['DeepSeek-V3', 'Kimi-K2']
    """

    def distance(model: Model) -> float:
        return math.hypot(math.log(model.n_total / n_total), math.log(model.n_active / n_active))

    return sorted(models(), key=distance)[:k]
