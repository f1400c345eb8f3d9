"""Engines by name: one place that knows them all, and imports each only when it is asked for."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ConfigSpace import ConfigurationSpace

from search.engine import Constraint, Engine
from search.prior import PriorMean
from spaces.errors import BadInput, Mistake, one_of


def _native() -> type[Engine]:
    from search.engines.native_engine import NativeEngine

    return NativeEngine


def _skopt() -> type[Engine]:
    from search.engines.skopt_engine import SkoptEngine

    return SkoptEngine


def _ytopt() -> type[Engine]:
    from search.engines.ytopt_engine import YtoptEngine

    return YtoptEngine


def _sobol() -> type[Engine]:
    from search.engines.sobol_engine import SobolEngine

    return SobolEngine


def _random() -> type[Engine]:
    from search.engines.random_engine import RandomEngine

    return RandomEngine


def _fidelity() -> type[Engine]:
    from search.engines.fidelity_engine import FidelityEngine

    return FidelityEngine


_ENGINES: Mapping[str, Callable[[], type[Engine]]] = {
    "native": _native,
    "skopt": _skopt,
    "sobol": _sobol,
    "random": _random,
    "fidelity": _fidelity,
    "ytopt": _ytopt,
}


@dataclass(frozen=True)
class EngineDescription:
    """What `scalesearch engines` lists."""

    name: str
    summary: str
    options: Mapping[str, Any]
    """Option -> default."""
    installed: bool = True


def engine_names() -> list[str]:
    """Names `make_engine` takes here, the default first."""
    absent = _absent()
    return [name for name in _ENGINES if name not in absent]


def _absent() -> dict[str, str]:
    """Engines that cannot be made here, and how to get them."""
    from search.engines.ytopt_engine import installed

    if installed():
        return {}
    where = "its package in the registry is empty: pip install git+https://github.com/ytopt-team/ytopt"
    return {"ytopt": f"not installed; {where}"}


def describe_engines() -> list[EngineDescription]:
    """Every engine with its options, those that are not installed last."""
    described = []
    absent = _absent()
    for name, home in _ENGINES.items():
        engine = home()
        summary = (inspect.getdoc(engine) or "").split("\n")[0]
        if name in absent:
            summary = f"{summary.rstrip('.')}: {absent[name]}."
        described.append(EngineDescription(name, summary, _options(engine), installed=name not in absent))
    return described


def make_engine(
    name: str,
    space: ConfigurationSpace,
    *,
    seed: int = 0,
    constraint: Constraint | None = None,
    objectives: int = 1,
    reference: Sequence[float | None] | None = None,
    prior: PriorMean | None = None,
    **options: Any,
) -> Engine:
    """An engine over a space, with no trials yet.

    Args:
        name: one of `engine_names()`.
        space: what may vary.
        seed: a non-negative integer.
        constraint: rows of configurations -> which are feasible; `None` where all are.
        objectives: how many values each trial is told, all minimised; with more than one there is a `front()`
            in place of a `best()`.
        reference: of several objectives, one number each, `None` where the rule of
            `search.pareto.reference_point` shall decide: the point below which hypervolume counts.
        prior: rows of configurations -> what their values are believed to be (`search.prior`); `None` for no
            such belief.
        **options: of this engine; `describe_engines` lists them with their defaults.

    Raises:
        BadInput: an unknown name or option, a value an option cannot have, a space that cannot be encoded.
    """
    names = engine_names()
    if name not in names:
        absent = _absent().get(name)
        raise BadInput.of("engine", one_of(names, name) + (f"; {name}: {absent}" if absent else ""), name)
    engine = _ENGINES[name]()
    known = _options(engine)
    mistakes = [
        Mistake(f"engine.{option}", one_of(known, option) if known else "no options", "this name")
        for option in options
        if option not in known
    ]
    if type(seed) is not int or seed < 0:
        mistakes.append(Mistake("seed", "a non-negative integer", repr(seed)))
    mistakes += _mistakes_about_objectives(engine, objectives, reference)
    takes_prior = "prior" in inspect.signature(engine).parameters
    if prior is not None and not takes_prior:
        mistakes.append(Mistake("prior", f"none for engine {name} (native takes one)", "one"))
    accepted = {option: value for option, value in options.items() if option in known}
    if takes_prior:
        accepted["prior"] = prior
    if not mistakes and objectives > 1:
        accepted |= {"objectives": objectives, "reference": reference}
    try:
        made = engine(space, seed=seed, constraint=constraint, **accepted)
    except BadInput as error:
        raise BadInput([*mistakes, *error.mistakes]) from None
    if mistakes:
        raise BadInput(mistakes)
    return made


def _mistakes_about_objectives(
    engine: type[Engine], objectives: object, reference: Sequence[float | None] | None
) -> list[Mistake]:
    most = engine.most_objectives
    if most == 1 and objectives != 1:
        return [Mistake("engine", "native, sobol or random for several objectives", engine.name)]
    if type(objectives) is not int or not 1 <= objectives <= most:
        return [Mistake("objectives", f"1 to {most}", repr(objectives))]
    if reference is None:
        return []
    whole = [number is None or math.isfinite(number) for number in reference]
    if all(whole) and len(whole) == objectives:
        return []
    return [Mistake("reference", f"{objectives} numbers, one for each objective", repr(reference))]


def _options(engine: type[Engine]) -> dict[str, Any]:
    """Option -> default, read off the constructor: its keyword arguments beyond those of every engine."""
    common = {*inspect.signature(Engine).parameters, "prior"}
    return {
        name: parameter.default
        for name, parameter in inspect.signature(engine).parameters.items()
        if name not in common
    }
