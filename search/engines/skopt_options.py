"""The options that scikit-optimize and ytopt have in common, and what they may be."""

import math
from collections.abc import Mapping
from typing import Any

from spaces.errors import BadInput, Mistake, one_of

CHOICES = {
    "learner": ("RF", "ET", "GBRT", "GP", "DUMMY"),
    "acquisition": ("LCB", "EI", "PI", "gp_hedge"),
    "liar": ("cl_min", "cl_mean", "cl_max"),
    "initial_generator": ("random", "sobol", "halton", "hammersly", "lhs", "grid"),
}


def check_options(names: Mapping[str, Any], amounts: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
    """Raise every option outside its domain."""
    mistakes = [
        Mistake(f"engine.{option}", one_of(CHOICES[option], name), repr(name))
        for option, name in names.items()
        if name not in CHOICES[option]
    ]
    for option, amount in amounts.items():
        if not (isinstance(amount, int | float) and math.isfinite(amount) and amount >= 0):
            mistakes.append(Mistake(f"engine.{option}", "a number of at least 0", repr(amount)))
    for option, count in counts.items():
        if type(count) is not int or count < 1:
            mistakes.append(Mistake(f"engine.{option}", "a count of at least 1", repr(count)))
    if mistakes:
        raise BadInput(mistakes)
