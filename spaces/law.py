"""The inputs of a scaling law: parameters N, tokens D, sparsity S.

`law_space` varies all three; the budget is a constraint that the objective knows, not part of the space.
`isoflop_space` varies N and S alone: the budget pays for the tokens, so D follows.
"""

from collections.abc import Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from spaces.bounds import Interval, interval
from spaces.definition import build
from spaces.errors import BadInput, Mistake, Mistakes, one_of

COUNTS = ("n_active", "n_total", "n_nonzero", "n_non_embedding")
"""What a law may count; the parameter N is named by it."""


def law_space(
    n: Any, tokens: Any, sparsity: Any = None, *, count: str = "n_active", choices: Any = None
) -> ConfigurationSpace:
    """N and D on log scales, S on a linear one.

    >>> space = law_space(n=[1e7, 1e12], tokens=["1e8", "1e13"], sparsity=[0, 0.98])
    >>> list(space), space["n_active"].upper, space["tokens"].log, space["sparsity"].log
    (['n_active', 'sparsity', 'tokens'], 1000000000000.0, True, False)

    Args:
        n: interval of parameters, in the law's own count; a point (or one number) holds it constant.
        tokens: interval of training tokens.
        sparsity: interval inside [0, 1); left out, no parameter `sparsity` exists.
        count: name of the parameter N, one of `COUNTS`.
        choices: further inputs of the law by name (granularity, say), each a list of its values, ascending.

    Raises:
        BadInput: every mistake in the intervals.
    """
    return _sizes(count, {"n": n, "tokens": tokens}, sparsity, choices)


def isoflop_space(
    n: Any, sparsity: Any = None, *, count: str = "n_active", choices: Any = None
) -> ConfigurationSpace:
    """N and S along a line of constant training FLOPs; arguments and errors as `law_space`."""
    return _sizes(count, {"n": n}, sparsity, choices)


def _sizes(count: str, logarithmic: dict[str, Any], sparsity: Any, choices: Any) -> ConfigurationSpace:
    found, parameters = Mistakes(), {}
    with found.within(""):
        if count not in COUNTS:
            raise BadInput.of("count", one_of(COUNTS, count), count)
    for field, given in logarithmic.items():
        with found.within(""):
            name = str(count) if field == "n" else field
            parameters[name] = _range(interval(given, field, positive=True), log=True)
    if sparsity is not None:
        with found.within(""):
            lower, upper = interval(sparsity, "sparsity")
            if lower < 0 or upper >= 1:
                raise BadInput.of("sparsity", "an interval inside [0, 1)", sparsity)
            parameters["sparsity"] = _range((lower, upper), log=False)
    if not isinstance(choices or {}, Mapping):
        found.all.append(Mistake("choices", "a mapping of names to lists of values", repr(choices)))
        choices = None
    for name, values in (choices or {}).items():
        parameters[name] = {"type": "ordinal", "values": values}
    found.settle()
    return build({"parameters": parameters})


def _range(bounds: Interval, *, log: bool) -> dict[str, Any]:
    """The definition of a float over an interval; a constant where it is a point."""
    lower, upper = bounds
    if lower == upper:
        return {"type": "constant", "value": lower}
    return {"type": "float", "lower": lower, "upper": upper, "log": log}
