"""An objective that somebody else evaluates: trials are asked for and told (`runners.ask_tell`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from objectives.objective import Metrics, Objective, StopSearch
from spaces.configs import Value


@dataclass(frozen=True)
class ExternalObjective(Objective):
    """Has a name for its value, and no way to find one."""

    returns: str = "value"

    @property
    def metric(self) -> str:
        """Name of the minimised number."""
        return self.returns

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """Raise `StopSearch`: nothing here can evaluate it."""
        raise StopSearch("evaluated elsewhere, by way of `scalesearch ask` and `scalesearch tell`")
