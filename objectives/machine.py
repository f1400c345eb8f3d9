"""Where training runs: the rates that turn FLOPs into GPU-hours, days and dollars.

MFU is the share of the dense peak that a step reaches, goodput the share of the calendar spent in useful
steps. They are two numbers: published MFUs are the first alone.
"""

from dataclasses import dataclass

from objectives.hardware import Accelerator

HOURS_PER_DAY = 24.0
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class RunCost:
    """What a run takes on the budget's machine; None where the budget does not say enough."""

    gpu_hours: float | None = None
    days: float | None = None
    dollars: float | None = None


@dataclass(frozen=True)
class Machine:
    """What turns FLOPs into GPU-hours, days and dollars; without an MFU it only names the device."""

    peak_tflops: float
    """Dense bf16 peak of one device, TFLOP/s."""
    mfu: float | None = None
    goodput: float = 1.0
    gpu: Accelerator | None = None
    gpus: float | None = None
    price: float | None = None
    """Dollars per GPU-hour."""

    @property
    def flops_per_gpu_hour(self) -> float | None:
        """Useful training FLOPs one device delivers in an hour of the calendar."""
        return (
            None if self.mfu is None else self.peak_tflops * 1e12 * self.mfu * self.goodput * SECONDS_PER_HOUR
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Doubts about the rates.

        An MFU above the best measured matrix multiplication is doubted, not refused: measured maxima rise
        with software (that of MI300X stands at half its peak), so they are evidence and no bound.
        """
        best = self.gpu.max_measured_mfu if self.gpu else None
        if self.gpu is None or self.mfu is None or best is None or self.mfu <= best:
            return ()
        return (
            f"MFU {self.mfu:g} is above {best:.3f}, the share of the dense peak that the best matrix "
            f"multiplication measured on {self.gpu.name} reaches",
        )

    def describe(self) -> str:
        """The rates in words."""
        rate = "" if self.mfu is None else f" at MFU {self.mfu:g} and goodput {self.goodput:g}"
        return f"{self.gpu.name if self.gpu else 'GPU'} ({self.peak_tflops:g} dense TFLOP/s){rate}"

    def cost(self, flops: float) -> RunCost:
        """GPU-hours, days and dollars of a run of this many FLOPs."""
        if self.flops_per_gpu_hour is None:
            return RunCost()
        hours = flops / self.flops_per_gpu_hour
        days = None if self.gpus is None else hours / self.gpus / HOURS_PER_DAY
        return RunCost(hours, days, None if self.price is None else hours * self.price)
