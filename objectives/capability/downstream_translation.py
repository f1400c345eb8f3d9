"""Loss-to-loss: models of equal size and tokens lie on one curve between two data sets' losses.

L1 = K (L0 - E0)^kappa + E1 (Brandfonbrener et al. 2024). Because it is a power of the reducible loss, a law
(a/N^alpha + b/D^beta)^k + e on the first set becomes one of the same form on the second, without new runs.

>>> published("proofpile-2").loss(2.6).round(4).item()
1.686
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from objectives.laws.coupled import Coupled
from objectives.laws.hoffmann import Hoffmann
from objectives.laws.law import Array, Formula, Trust
from spaces.errors import BadInput, one_of

SAME_FLOOR = 0.01
"""How far the floor of a law may be from E0, which is printed with two digits."""


@dataclass(frozen=True)
class Translation(Formula):
    """From the loss on one data set to that on another."""

    family: ClassVar[str] = "loss-to-loss"
    title: ClassVar[str] = "Brandfonbrener et al. 2024, arXiv:2411.12925"
    equation: ClassVar[str] = "L1 = K (L0 - E0)^kappa + E1"
    positive: ClassVar[tuple[str, ...]] = ("kappa", "K")

    kappa: float
    K: float
    E0: float
    E1: float

    @classmethod
    def published(cls) -> tuple[Self, ...]:
        """From the training loss on FineWeb-Edu to that on other training sets, then to losses on tests."""
        source = "arXiv:2411.12925, the authors' repository; from FineWeb-Edu's training loss"
        return tuple(
            cls(kappa, scale, 1.97, floor, name=name, source=source, trust=Trust.CODE)
            for name, kappa, scale, floor in FROM_FINEWEB_EDU
        )

    def loss(self, loss: npt.ArrayLike) -> Array:
        """The loss on the second set, of the shape of the losses on the first.

        Raises:
            BadInput: a loss at or below the floor E0.
        """
        above = np.asarray(loss, dtype=np.float64) - self.E0
        if above.size and not above.min() > 0:
            raise BadInput.of("loss", f"above E0, {self.E0:g}", f"{np.min(loss):g}")
        return np.asarray(self.K * above**self.kappa + self.E1)

    def law(self, law: Hoffmann | Coupled) -> Coupled:
        """A law of the first set's loss, as the law of the second's.

        Raises:
            BadInput: the law's floor is not E0; then the two cannot be joined in closed form.
        """
        if abs(law.e - self.E0) > SAME_FLOOR:
            expected = f"E0 of the translation, {self.E0:g}, within {SAME_FLOOR:g}"
            raise BadInput.of("e", expected, f"{law.e:g}")
        k = law.k if isinstance(law, Coupled) else 1.0
        scale = self.K ** (1.0 / (k * self.kappa))
        coefficients = (self.E1, law.a * scale, law.b * scale, law.alpha, law.beta, k * self.kappa)
        moved = Coupled(*coefficients, name=f"{law.name} to {self.name}", count=law.count, unit=law.unit)
        return replace(moved, source=f"{law.source}; {self.source}", trust=self.trust, fitted=law.fitted)


FROM_FINEWEB_EDU = (
    ("fineweb", 1.00, 1.01, 2.17),
    ("proofpile-2", 1.07, 0.60, 1.32),
    ("slimpajama", 0.97, 1.05, 1.97),
    ("smollm", 1.01, 1.07, 1.53),
    ("starcoder", 1.10, 0.63, 0.85),
    ("hellaswag", 1.08, 0.93, 2.12),
    ("arc-easy", 0.36, 4.68, 0.07),
    ("mmlu-humanities", 0.96, 1.14, 2.79),
    ("mmlu-stem", 0.53, 2.35, 1.41),
)
"""Name, kappa, K, E1; E0 is 1.97 for all."""


def published(target: str) -> Translation:
    """From FineWeb-Edu's training loss to another set's.

    Raises:
        BadInput: no such target.
    """
    known = {translation.name: translation for translation in Translation.published()}
    if target not in known:
        raise BadInput.of("target", one_of(known, target), target)
    return known[target]


def fineweb_edu() -> Coupled:
    """The compute law of FineWeb-Edu's training loss the translations start from.

    The authors' [(A/N)^(alpha/beta) + B/D]^beta + E in the terms of `Coupled`: k = beta, a = A^(alpha/beta).
    """
    size, data, floor, alpha, beta = 6.67985e7, 8.89956e8, 1.96691, 0.41290, 0.45558
    return Coupled(
        *(floor, size ** (alpha / beta), data, alpha / beta, 1.0, beta),
        name="fineweb-edu",
        source="arXiv:2411.12925, the authors' repository",
        trust=Trust.CODE,
    )
