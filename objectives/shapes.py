"""From configurations of the `architecture` space to architectures, one at a time or a whole table at once.

What the space leaves open is as in Llama 3 and Mixtral: grouped-query attention with heads of d_model /
n_heads, gated feed-forward layers, two RMS norms a layer, no biases, a head of its own, and no leading dense
layers in a mixture. These are assumptions; `objectives.architecture` counts any other choice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.architecture import Architecture, Experts, FeedForward, GroupedQueryAttention
from spaces.configs import Configs, Value
from spaces.errors import BadInput, Mistake

SHAPE = ("layers", "d_model", "n_heads", "vocab")
DENSE = ("d_ff",)
MOE = ("experts", "top_k", "d_ff_expert")
OPTIONAL = ("kind", "n_kv_heads", "shared_experts")
"""Left out: dense unless there are experts; as many key-value heads as heads; no shared experts."""


def from_config(config: Mapping[str, Value]) -> Architecture:
    """The architecture of one configuration.

    >>> width = {"d_model": 4096, "n_heads": 32, "n_kv_heads": 8, "d_ff": 14336}
    >>> from_config({"layers": 32, **width, "vocab": 128256}).counts().total  # Llama 3 8B
    8030261248

    Raises:
        BadInput: a dimension is missing or not a positive whole number.
    """
    moe = config.get("kind", "moe" if "experts" in config else "dense") == "moe"
    needed = (*SHAPE, *(MOE if moe else DENSE))
    mistakes = [
        Mistake(name, "a positive whole number", repr(config.get(name)))
        for name in needed
        if not (isinstance(config.get(name), int) and int(config[name] or 0) > 0)
    ]
    if mistakes:
        raise BadInput(mistakes)
    return _architecture(config, moe=moe)


@dataclass(frozen=True)
class ShapeTable:
    """Counts of a table of shapes; every column an int64 array of shape (n,)."""

    total: npt.NDArray[np.int64]
    active: npt.NDArray[np.int64]
    non_embedding: npt.NDArray[np.int64]
    flops_per_token: npt.NDArray[np.int64]

    @classmethod
    def of(cls, configs: Configs, sequence: int) -> "ShapeTable":
        """Count every row; training FLOPs with causal attention over `sequence` tokens.

        Raises:
            BadInput: a dimension that a row needs has no column.
        """
        table = cls(*(np.zeros(len(configs), dtype=np.int64) for _ in range(4)))
        for rows, moe in _by_kind(configs):
            needed = (*SHAPE, *(MOE if moe else DENSE))
            missing = [
                Mistake(n, "a column of whole numbers", "none") for n in needed if n not in configs.columns
            ]
            if missing:
                raise BadInput(missing)
            dimensions = {name: column[rows] for name, column in configs.columns.items() if name != "kind"}
            architecture = _architecture(dimensions, moe=moe)
            counts = architecture.counts()
            table.total[rows] = counts.total
            table.active[rows] = counts.active
            table.non_embedding[rows] = counts.non_embedding
            table.flops_per_token[rows] = architecture.flops_per_token(sequence)
        return table


def _by_kind(configs: Configs) -> Iterator[tuple[npt.NDArray[np.bool_], bool]]:
    """Masks of the dense rows and of the mixtures, those that are not empty."""
    if "kind" in configs.columns:
        moe = np.asarray(configs["kind"] == "moe", dtype=np.bool_)
    else:
        moe = np.full(len(configs), "experts" in configs.columns)
    for rows, is_moe in ((~moe, False), (moe, True)):
        if rows.any():
            yield rows, is_moe


def _architecture(dimensions: Mapping[str, Any], *, moe: bool) -> Architecture:
    """The architecture of checked dimensions, Python integers or int64 columns."""
    heads, d_model = dimensions["n_heads"], dimensions["d_model"]
    attention = GroupedQueryAttention(heads, dimensions.get("n_kv_heads", heads), d_model // heads)
    experts = None
    if moe:
        expert = FeedForward(dimensions["d_ff_expert"])
        shared = dimensions.get("shared_experts", 0)
        experts = Experts(dimensions["experts"], dimensions["top_k"], expert, shared)
    return Architecture(
        dimensions["layers"],
        d_model,
        dimensions["vocab"],
        attention,
        feed_forward=None if moe else FeedForward(dimensions["d_ff"]),
        experts=experts,
    )
