"""The certified optimum of a law under a budget, and how far from it a size may be.

`optimum` and `optima` are the way in. Inside: `limits` names every bound, `problem` reduces a budget to one
variable, `roots` and `sparsity` solve it, `point` describes the answer, `certificate` tries to beat it,
`waste` measures the band around it.
"""

from objectives.exact.certificate import Certificate
from objectives.exact.limits import Box
from objectives.exact.optimum import Optimum, optima, optimum
from objectives.exact.point import ActiveConstraint
from objectives.exact.waste import WasteBand, waste_bands

__all__ = [
    "ActiveConstraint",
    "Box",
    "Certificate",
    "Optimum",
    "WasteBand",
    "optima",
    "optimum",
    "waste_bands",
]
