"""Gadre et al. 2024: over-trained models, from size and tokens to the average error of 17 or 46 tasks.

Their loss law is stated in compute C and tokens per parameter M: L = E + (a M^eta + b M^-eta) C^-eta. With
C = 6 N D and M = D/N, a M^eta C^-eta is a (6 N^2)^-eta and b M^-eta C^-eta is b (6 D^2)^-eta: it is
Chinchilla's law with alpha = beta = 2 eta, and is given as that.

>>> chain = published("redpajama")
>>> chain.accuracy(1.44e9, 0.92e12).round(2).item()
0.51
"""

from dataclasses import dataclass

from objectives.capability.downstream import Chain, Exponential
from objectives.laws.hoffmann import Hoffmann
from objectives.laws.law import Trust
from spaces.errors import BadInput, one_of

SOURCE = "arXiv:2403.08540; from running the authors' repository, four digits"
TASKS = (17, 46)
"""How many tasks the errors average."""


@dataclass(frozen=True)
class _Published:
    """One training set; the loss is always that on C4, in nats per token."""

    E: float
    a: float
    b: float
    eta: float
    errors: tuple[tuple[float, float, float], tuple[float, float, float]]
    """eps, k, gamma of the average over 17 and over 46 tasks."""


PUBLISHED = {
    "c4": _Published(1.508, 141.3, 189.5, 0.1212, ((0.850, 2.079, 0.756), (0.759, 1.289, 0.972))),
    "redpajama": _Published(1.837, 212.2, 366.7, 0.1364, ((0.857, 2.206, 0.715), (0.761, 1.323, 0.891))),
    "refinedweb": _Published(1.734, 157.1, 246.2, 0.1272, ((0.865, 2.215, 0.707), (0.768, 1.128, 0.822))),
}
"""By training set."""


def published(train_set: str, tasks: int = 17) -> Chain:
    """Loss on C4 and average top-1 error of models trained on one of three sets.

    Raises:
        BadInput: no such training set, or an average over another number of tasks.
    """
    if train_set not in PUBLISHED:
        raise BadInput.of("train_set", one_of(PUBLISHED, train_set), train_set)
    if tasks not in TASKS:
        raise BadInput.of("tasks", "17 or 46", f"{tasks}")
    facts = PUBLISHED[train_set]
    error = facts.errors[TASKS.index(tasks)]
    curve = Exponential(*error, name=f"{train_set}-{tasks}", source=SOURCE, trust=Trust.CODE)
    return Chain(_law(train_set, facts), curve)


def _law(train_set: str, facts: _Published) -> Hoffmann:
    """The loss law in N and D."""
    six = 6.0**-facts.eta
    exponents = (2.0 * facts.eta, 2.0 * facts.eta)
    return Hoffmann(
        *(facts.E, facts.a * six, facts.b * six, *exponents),
        name=f"gadre-{train_set}",
        source=SOURCE,
        trust=Trust.CODE,
    )
