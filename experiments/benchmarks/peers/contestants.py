"""Who is compared: the native engine, baselines, and other programs in environments of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NATIVE = "native"
CHEAP, DEAR, DEAREST = 20, 5, 3
"""Seeds: of programs that take seconds a search, tens of seconds, and minutes."""


@dataclass(frozen=True)
class Contestant:
    """One program with one set of options."""

    name: str
    environment: str = ""
    """A section of `environments.toml`; empty for our own engines."""
    module: str = ""
    """The adapter in `inside/`, or the name of our engine."""
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = CHEAP
    bbob_seeds: int = 5
    """Instances of each function of BBOB."""
    constraint: str = "redrawn, penalty"
    """What it is given of a known constraint, in words."""
    parallel: bool = False
    """Whether it can be asked while evaluations are pending."""
    solver: bool = False
    """A solver for smooth problems, not a search: shown apart."""

    @property
    def ours(self) -> bool:
        """Whether it is an engine of this repository."""
        return not self.environment


LEARNED = "told by how much it is broken; redrawn"
KNOWN = "known"

CONTESTANTS = (
    Contestant(NATIVE, module="native", constraint=KNOWN, parallel=True),
    Contestant("random", module="random", constraint=KNOWN, parallel=True),
    Contestant("sobol", module="sobol", constraint=KNOWN, parallel=True),
    Contestant("Optuna TPE", "optuna", "optuna_peer", {"sampler": "tpe"}, constraint=LEARNED, parallel=True),
    Contestant("NGOpt", "nevergrad", "nevergrad_peer", constraint=KNOWN),
    Contestant("SLSQP", "scipy", "scipy_peer", {"method": "SLSQP"}, constraint=KNOWN, solver=True),
    Contestant("L-BFGS-B", "scipy", "scipy_peer", {"method": "L-BFGS-B"}, constraint="none", solver=True),
    Contestant("Optuna GP", "optuna", "optuna_peer", {"sampler": "gp"}, 10, 2, LEARNED, parallel=True),
    Contestant("skopt GP", "skopt", "skopt_peer", {"learner": "GP"}, DEAR, 1, KNOWN),
    Contestant("skopt RF", "skopt", "skopt_peer", {"learner": "RF"}, DEAR, 1, KNOWN),
    Contestant("SMAC3", "smac", "smac_peer", {"facade": "hpo"}, DEAR, 1, parallel=True),
    Contestant("OpenBox", "openbox", "openbox_peer", {}, DEAREST, 0, LEARNED),
    Contestant("BoTorch", "botorch", "botorch_peer", {}, DEAREST, 0, KNOWN),
    Contestant("DeepHyper", "deephyper", "deephyper_peer", {}, DEAREST, 0, KNOWN),
    Contestant("HEBO", "hebo", "hebo_peer", {}, DEAREST, 0),
    Contestant("ytopt", "ytopt", "ytopt_peer", {}, 2, 0),
)


def contestant(name: str) -> Contestant:
    """By name.

    Raises:
        KeyError: there is no such contestant.
    """
    return {one.name: one for one in CONTESTANTS}[name]
