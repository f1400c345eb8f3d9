"""Recipe laws: learning rate and batch size as powers of size, tokens or compute.

All three were found on grids of real runs and all are power laws, but each asks for something else: Step Law
for parameters without embeddings and tokens, DeepSeek for compute, Porian et al. for the size alone.

>>> from objectives.recipe import Scale, StepLaw
>>> step, scale = StepLaw.published()[0], Scale(n=7e9, tokens=1.4e12)
>>> f"{step.learning_rate(scale):.3e}, {step.batch_tokens(scale) / 2048:.0f} sequences of 2048"
'9.347e-04, 2440 sequences of 2048'
"""

from abc import abstractmethod
from dataclasses import asdict, dataclass
from math import exp, inf, log
from typing import ClassVar, Self

import numpy as np

from objectives.laws.law import Array, FittedRange, Formula, Trust
from spaces.errors import BadInput, Mistake

Interval = tuple[float, float]

LEVEL = 0.95
"""Of the intervals."""
NORMAL = 1.959963984540054
"""Standard deviations of a normal that hold this share of it."""


@dataclass(frozen=True)
class Scale:
    """How large a run is; a law reads only the fields in its `takes`.

    Raises:
        BadInput: one mistake for each number that is not positive and finite.
    """

    n: float | None = None
    """Parameters, in the law's own count."""
    tokens: float | None = None
    flops: float | None = None

    def __post_init__(self) -> None:
        mistakes = [
            Mistake(name, "a positive finite number", f"{value:g}")
            for name, value in asdict(self).items()
            if value is not None and not 0 < value < inf
        ]
        if mistakes:
            raise BadInput(mistakes)


@dataclass(frozen=True)
class Recipe(Formula):
    """Learning rate (the peak of the schedule) and batch size in tokens of one run."""

    takes: ClassVar[tuple[str, ...]]
    """What the law reads of a `Scale`."""
    dense_only: ClassVar[bool] = True
    """Whether nothing is known of sparse models."""

    @abstractmethod
    def learning_rate(self, scale: Scale) -> float:
        """The best peak learning rate.

        Raises:
            BadInput: something in `takes` is not given.
        """

    @abstractmethod
    def batch_tokens(self, scale: Scale) -> float:
        """The best batch size in tokens; raises as `learning_rate`."""

    def intervals(self, scale: Scale) -> tuple[Interval, Interval] | None:
        """Of learning rate and batch size, where the source tells how sure its coefficients are."""
        del scale
        return None

    def _logs(self, scale: Scale) -> tuple[float, ...]:
        """Logarithms of what the law takes, in its order."""
        given = {name: getattr(scale, name) for name in self.takes}
        missing = [
            Mistake(name, f"a number, for the {self.family} law takes {' and '.join(self.takes)}", "nothing")
            for name, value in given.items()
            if value is None
        ]
        if missing:
            raise BadInput(missing)
        return tuple(log(value) for value in given.values())


@dataclass(frozen=True)
class StepLaw(Recipe):
    """Step Law, from about 1,900 dense runs that differ in learning rate and batch alone.

    N counts parameters without embeddings; of a mixture of experts all that are stored, which on the
    authors' own mixtures is off by 0.19 in ln eta on average where the active ones are off by 0.97.
    """

    family: ClassVar[str] = "step-law"
    title: ClassVar[str] = "Li et al. 2025, arXiv:2503.04715"
    equation: ClassVar[str] = "ln eta = a + b ln N + c ln D; ln B = d + e ln D"
    takes: ClassVar[tuple[str, ...]] = ("n", "tokens")
    dense_only: ClassVar[bool] = False

    a: float
    b: float
    c: float
    d: float
    e: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """Means of the authors' 1,000 bootstraps, and the rounded numbers of the paper."""
        code = "the authors' repository: means of its 1,000 bootstrap fits"
        ranges = FittedRange(n=(214_663_680, 1_073_741_824), tokens=(4e9, 1e11))
        return (
            cls(*STEP_MEAN, name="bootstrap", source=code, trust=Trust.CODE, fitted=ranges),
            cls(
                *(log(1.79), -0.713, 0.307, log(0.58), 0.571),
                name="rounded",
                source="arXiv:2503.04715",
                trust=Trust.CODE,
                fitted=ranges,
            ),
        )

    def learning_rate(self, scale: Scale) -> float:
        """1.80 N^-.713 D^.307."""
        log_n, log_d = self._logs(scale)
        return exp(self.a + self.b * log_n + self.c * log_d)

    def batch_tokens(self, scale: Scale) -> float:
        """0.58 D^.571."""
        return exp(self.d + self.e * self._logs(scale)[1])

    def intervals(self, scale: Scale) -> tuple[Interval, Interval] | None:
        """95 % of the bootstrap of the law; a single run's best recipe scatters more widely."""
        if self.name != "bootstrap":
            return None
        log_n, log_d = self._logs(scale)
        rate = (self.learning_rate(scale), np.array([1.0, log_n, log_d, 0.0, 0.0]))
        batch = (self.batch_tokens(scale), np.array([0.0, 0.0, 0.0, 1.0, log_d]))
        return _interval(*rate), _interval(*batch)


STEP_MEAN = (
    0.5863077907399268,
    -0.7129222911869904,
    0.30749095041206964,
    -0.5435421736103339,
    0.5709443646895045,
)
STEP_COVARIANCE = np.array(
    [
        [0.3890621115, -0.01355893897, -0.005132493532, 0.03838577451, -0.00169407104],
        [-0.01355893897, 0.0008914857372, -0.0001743317885, 0.0001884105041, -7.416720025e-06],
        [-0.005132493532, -0.0001743317885, 0.0003663118429, -0.0018404546, 8.058960726e-05],
        [0.03838577451, 0.0001884105041, -0.0018404546, 0.1911796359, -0.008151572248],
        [-0.00169407104, -7.416720025e-06, 8.058960726e-05, -0.008151572248, 0.0003485179395],
    ]
)  # fmt: skip
"""Mean and covariance of (a, b, c, d, e) over the 1,000 bootstrap fits in the authors' repository.

So many digits count: the coefficients are so correlated that a prediction's variance is a small difference.
"""


def _interval(value: float, slope: Array) -> Interval:
    """Of exp(slope . coefficients), whose logarithm the bootstrap makes normal to within a few per cent."""
    spread = NORMAL * float(np.sqrt(slope @ STEP_COVARIANCE @ slope))
    return value * exp(-spread), value * exp(spread)


@dataclass(frozen=True)
class DeepSeek(Recipe):
    """DeepSeek LLM's, of compute alone: C is FLOPs per token without embeddings times tokens, not 6 N D."""

    family: ClassVar[str] = "deepseek"
    title: ClassVar[str] = "DeepSeek-AI 2024, arXiv:2401.02954"
    equation: ClassVar[str] = "eta = a C^-alpha; B = b C^beta"
    positive: ClassVar[tuple[str, ...]] = ("a", "b")
    takes: ClassVar[tuple[str, ...]] = ("flops",)

    a: float
    alpha: float
    b: float
    beta: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """From runs within 0.25 % of the best."""
        return (
            cls(
                *(0.3118, 0.1250, 0.2920, 0.3271),
                name="published",
                source="arXiv:2401.02954",
                trust=Trust.SECONDARY,
                fitted=FittedRange(flops=(1e17, 2e19)),
            ),
        )

    def learning_rate(self, scale: Scale) -> float:
        """0.3118 C^-.1250."""
        return self.a * exp(-self.alpha * self._logs(scale)[0])

    def batch_tokens(self, scale: Scale) -> float:
        """0.2920 C^.3271."""
        return self.b * exp(self.beta * self._logs(scale)[0])


SEQUENCE = 2048
"""Tokens of the sequences in which Porian et al. count a batch."""


@dataclass(frozen=True)
class Porian(Recipe):
    """Porian et al.'s, of the size alone, for runs of about compute-optimal length."""

    family: ClassVar[str] = "porian"
    title: ClassVar[str] = "Porian et al. 2024, arXiv:2406.19146"
    equation: ClassVar[str] = "eta = a N^-alpha; B = b N^beta sequences of 2048 tokens"
    positive: ClassVar[tuple[str, ...]] = ("a", "b")
    takes: ClassVar[tuple[str, ...]] = ("n",)

    a: float
    alpha: float
    b: float
    beta: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """The tuned setting of the paper; its range of sizes is not known here."""
        return (
            cls(
                *(3.7, 0.36, 0.00037, 0.703),
                name="published",
                source="arXiv:2406.19146",
                trust=Trust.TRANSCRIBED,
            ),
        )

    def learning_rate(self, scale: Scale) -> float:
        """3.7 N^-.36."""
        return self.a * exp(-self.alpha * self._logs(scale)[0])

    def batch_tokens(self, scale: Scale) -> float:
        """0.00037 N^.703 sequences."""
        return SEQUENCE * self.b * exp(self.beta * self._logs(scale)[0])


RECIPES: tuple[type[Recipe], ...] = (StepLaw, DeepSeek, Porian)
