"""Memory to train a model: its weights, gradients and optimiser states.

Mixed precision with Adam keeps 16 bytes for each stored parameter (Rajbhandari et al. 2020, arXiv:1910.02054,
section 3.1): 2 of weight and 2 of gradient in bf16, and 12 in fp32 (master weight and two moments).
Activations, buffers and fragmentation come on top, so the number of accelerators is a least one. Frameworks
that accumulate gradients in fp32 have been measured at 18 bytes.
"""

from dataclasses import dataclass
from math import ceil

from objectives.hardware import Accelerator

BYTES_PER_PARAM = 2 + 2 + 12
FORMULA = (
    "16 bytes per stored parameter: bf16 weight 2 + bf16 gradient 2 + fp32 master weight and Adam moments 12"
)


@dataclass(frozen=True)
class Memory:
    """Memory of the training state, and the fewest accelerators that hold it."""

    gigabytes: float
    """In units of 1e9 bytes."""
    formula: str = FORMULA
    gpu: str | None = None
    min_gpus: int | None = None
    """None where no accelerator is named."""


def memory(n_total: float, gpu: Accelerator | None = None) -> Memory:
    """Training memory of `n_total` stored parameters.

    >>> from objectives.hardware import accelerator
    >>> memory(70e9, accelerator("h100-sxm")).min_gpus
    14
    """
    gigabytes = n_total * BYTES_PER_PARAM / 1e9
    if gpu is None:
        return Memory(gigabytes)
    return Memory(gigabytes, gpu=gpu.name, min_gpus=max(1, ceil(gigabytes / gpu.hbm_gb)))
