"""The coefficients of a law as a space: searched by ytopt's hpo4llm benchmark, and fitted by a misfit.

The boxes and defaults of the three published families are those of that benchmark's public code
(ytopt-team/ytopt, hpo4llm; the active set is Abnar's). It quantises every coefficient (q between 0.0001 and
1); ConfigSpace has had no q since version 1, and rounding would only hide the closed-form optimum, a corner
of the box, so the parameters here are continuous. Names are those of our laws.
"""

from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from spaces.bounds import interval
from spaces.definition import build
from spaces.errors import BadInput, Mistakes, one_of

BOXES: Mapping[str, Mapping[str, tuple[float, float, float]]] = {
    "hoffmann": {
        "e": (1.6, 1.7, 1.69),
        "a": (350, 450, 406.4),
        "b": (350, 450, 410.7),
        "alpha": (0.3, 0.5, 0.34),
        "beta": (0.2, 0.5, 0.28),
    },
    "frantar": {
        "e": (0.6, 0.7, 0.651),
        "a_S": (15.0, 18, 16.8),
        "b_S": (0.6, 0.8, 0.722),
        "c_S": (30, 50, 45),
        "b_N": (0.1, 0.3, 0.245),
        "a_D": (6e8, 7.5e8, 6.9e8),
        "b_D": (0.1, 0.3, 0.203),
    },
    "abnar": {
        "e": (0.8, 1, 0.94),
        "a": (16000, 17000, 16612.50),
        "b": (5300, 5500, 5455.67),
        "c": (0.4, 0.5, 0.4598),
        "d": (15, 20, 17.26),
        "alpha": (0.4, 0.8, 0.5962),
        "beta": (0.2, 0.6, 0.3954),
        "lambda": (-0.2, 0.2, -0.1666),
        "delta": (0.1, 0.2, 0.1603),
        "gamma": (0.1, 0.2, 0.1595),
    },
}
"""Family -> coefficient -> (lower, upper, default)."""


def coefficients_space(law: str, bounds: Any = None) -> ConfigurationSpace:
    """A box of coefficients, all on linear scales.

    >>> coefficients_space("hoffmann", {"alpha": [0.2, 0.6]})["alpha"].upper
    0.6

    Args:
        law: name of the family. One in `BOXES` brings its box; any other needs `bounds`.
        bounds: coefficient -> interval, in place of or beside the box's; a point holds it constant.

    Raises:
        BadInput: every mistake in the bounds, or a family without a box and without bounds.
    """
    law = str(law)
    if law not in BOXES and not bounds:
        known = one_of(BOXES, law)
        raise BadInput.of("law", f"a law with a published box ({known}), or bounds beside it", law)
    if not isinstance(bounds or {}, Mapping):
        raise BadInput.of("bounds", "a mapping of coefficients to intervals", bounds)
    parameters: dict[str, Any] = {
        name: {"type": "float", "lower": lower, "upper": upper, "default": default}
        for name, (lower, upper, default) in BOXES.get(law, {}).items()
    }
    found = Mistakes()
    for name, given in (bounds or {}).items():
        with found.within(""):
            lower, upper = interval(given, f"bounds.{name}")
            point = {"type": "constant", "value": lower}
            parameters[name] = point if lower == upper else {"type": "float", "lower": lower, "upper": upper}
    found.settle()
    return build({"parameters": parameters})
