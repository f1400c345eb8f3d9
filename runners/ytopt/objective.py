"""The objective of a ytopt problem file as one of ours."""

from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from sys import float_info

from ConfigSpace import ConfigurationSpace

from objectives.objective import Metrics, Objective, TrialFailed
from objectives.reading import as_metrics
from runners.ytopt.problem_file import load
from spaces.configs import Value


@dataclass(frozen=True)
class YtoptObjective(Objective):
    """Calls the objective of a problem file with a point.

    The file is loaded once in each process that evaluates. What the objective returns is a number, or a
    failure: NaN, an infinity, or the largest float, by which ytopt marks one.
    """

    target: str
    folder: Path = Path()
    """Where a relative path starts, and where the objective runs."""

    @classmethod
    def of(cls, target: str, folder: Path) -> "YtoptObjective":
        """The objective of a file, loaded; raises `BadInput` where that fails."""
        load(target, folder)
        return cls(target, folder)

    @property
    def metric(self) -> str:
        """As in ytopt's results."""
        return "objective"

    @property
    def space(self) -> ConfigurationSpace:
        """What the problem varies."""
        return load(self.target, self.folder).space

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the problem is not used."""
        return load(self.target, self.folder).notes

    def evaluate(self, config: Mapping[str, Value], *, seed: int) -> Metrics:
        """Call the objective once."""
        del seed
        with chdir(self.folder):
            returned = load(self.target, self.folder).evaluate(config)
        metrics = as_metrics(returned, self.metric)
        if metrics[self.metric] >= float_info.max:
            raise TrialFailed("objective is the largest float, ytopt's mark of a failure")
        return metrics
