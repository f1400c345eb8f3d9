"""Accelerators: dense bf16 peak, the larger figure often quoted in its place, and memory.

MFU is a share of the *dense* peak. Data sheets print the 2:4-sparse (or 8-bit) rate beside it, twice as
large; a budget built on that one promises twice the compute. `dense_peak` refuses it.

The numbers are single facts from vendors' documents and from the tables of ml-engineering (stas00, commit
744d01e), torchtitan and nanochat; `confidence` says where they are less than certain.
"""

from dataclasses import dataclass
from difflib import get_close_matches

from spaces.errors import BadInput

TRAP_TOLERANCE = 0.01
"""A peak this close (relative) to a known sparse figure is taken for it."""


@dataclass(frozen=True)
class Accelerator:
    """One device of a cluster; rates in TFLOP/s, memory in GB."""

    name: str
    peak_tflops: float
    """Dense bf16."""
    trap_tflops: float | None
    """The figure often quoted instead."""
    trap: str
    """What that figure is."""
    matmul_tflops: float | None
    """Best bf16 matrix multiplication measured on it."""
    hbm_gb: float
    """As the vendor states it; GiB for TPUs. Where variants exist, the smallest."""
    confidence: str = "ok"

    @property
    def max_measured_mfu(self) -> float | None:
        """Share of the dense peak that the best measured matrix multiplication reached."""
        return None if self.matmul_tflops is None else self.matmul_tflops / self.peak_tflops


_SPARSE = "2:4-sparse"
ACCELERATORS: dict[str, Accelerator] = {
    row.name: row
    for row in (
        Accelerator("a100-40gb", 312, 624, _SPARSE, 271.2, 40, "ok; variant of the measured matmul unstated"),
        Accelerator("a100-80gb", 312, 624, _SPARSE, 271.2, 80),
        Accelerator("h100-sxm", 989.4, 1979, _SPARSE, 794.5, 80),
        Accelerator("h100-pcie", 756, 1513, _SPARSE, None, 80),
        Accelerator("h100-nvl", 835, 1671, _SPARSE, None, 94, "peak ok; memory recalled"),
        Accelerator("h800-sxm", 989.4, 1979, _SPARSE, None, 80, "unverified; 756 is the PCIe part"),
        Accelerator("h200-sxm", 989.4, 1979, _SPARSE, 794.5, 141, "ok; measured matmul taken from H100"),
        Accelerator("gh200", 989, 1979, _SPARSE, 828.6, 96, "ok; a 141 GB variant exists"),
        Accelerator("b200", 2250, 4500, _SPARSE, 1745.0, 180, "ok; 180 of 192 GB are usable"),
        Accelerator("gb200", 2500, 5000, _SPARSE, 1822.0, 186, "ok; per GPU, half a superchip"),
        Accelerator("b300", 2250, 4500, _SPARSE, 1769.0, 288, "sources conflict; one says 3500 dense"),
        Accelerator("gb300", 2500, 5000, _SPARSE, None, 288, "usable memory unverified"),
        Accelerator("mi300x", 1307.4, 2614.9, _SPARSE, 668.4, 192),
        Accelerator("mi325x", 1307.4, 2614.9, _SPARSE, 784.9, 256),
        Accelerator("mi355x", 2500, 5000, _SPARSE, 1565.0, 288),
        Accelerator("tpu-v4", 275, None, "", None, 32),
        Accelerator("tpu-v5e", 197, 394, "int8", None, 16),
        Accelerator("tpu-v5p", 459, 918, "int8", None, 95),
        Accelerator("tpu-v6e", 918, 1836, "int8", None, 32),
        Accelerator("tpu-v7x", 2307, 4614, "fp8", None, 192),
        Accelerator("trainium2", 667, None, "", None, 96, "memory recalled"),
    )
}
"""The known accelerators by name."""


def accelerator(name: str) -> Accelerator:
    """The accelerator of this name; case, spaces and underscores do not matter, nor does an only suffix.

    >>> accelerator("H100 SXM").peak_tflops, accelerator("h200").name
    (989.4, 'h200-sxm')

    Raises:
        BadInput: the name is unknown, or covers variants with different peaks ("h100").
    """
    key = name.strip().lower().replace(" ", "-").replace("_", "-")
    variants = [known for known in ACCELERATORS if known == key or known.startswith(f"{key}-")]
    if len(variants) == 1 or key in variants:
        return ACCELERATORS[variants[0]]
    close = variants or get_close_matches(key, ACCELERATORS, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise BadInput.of("gpu", f"a known accelerator ({', '.join(ACCELERATORS)}{hint})", name)


def dense_peak(gpu: Accelerator | None, peak_tflops: float | None) -> float:
    """The dense bf16 peak to plan with, TFLOP/s: the user's own figure, else the accelerator's.

    Raises:
        BadInput: there is neither; or the figure is the sparse or 8-bit rate of the accelerator (of any known
            one if none is named, unless it is also the dense peak of another).
    """
    if peak_tflops is None:
        if gpu is None:
            raise BadInput.of("gpu", "an accelerator, or its dense bf16 peak as peak_tflops", "neither")
        return gpu.peak_tflops
    suspects = [gpu] if gpu else list(ACCELERATORS.values())
    dense_elsewhere = gpu is None and any(_near(peak_tflops, known.peak_tflops) for known in suspects)
    trapped = [known for known in suspects if known.trap_tflops and _near(peak_tflops, known.trap_tflops)]
    if trapped and not dense_elsewhere:
        known = trapped[0]
        raise BadInput.of(
            "peak_tflops",
            f"a dense bf16 peak ({known.peak_tflops:g} TFLOP/s for {known.name})",
            f"{peak_tflops:g}, which is its {known.trap} rate",
        )
    return peak_tflops


def _near(value: float, figure: float) -> bool:
    return abs(value - figure) <= TRAP_TOLERANCE * figure
