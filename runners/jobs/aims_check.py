"""Whether a job with several objectives adds up: its metrics are there, no field needs one best value."""

from collections.abc import Iterator, Sequence

from ConfigSpace import ConfigurationSpace

from objectives.objective import ClosedForm, Objective
from runners.jobs.aims import Aim
from runners.jobs.job_file import SearchSpec
from spaces.configs import Configs
from spaces.errors import BadInput, Mistake, one_of

NONE = "none with several objectives: they have no best value"


def check_aims(
    spec: SearchSpec, aims: Sequence[Aim], objective: Objective, space: ConfigurationSpace
) -> None:
    """Raise `BadInput` with every mistake in a search with several aims; one aim is always right."""
    if len(aims) == 1:
        return
    mistakes = [*_unknown_metrics(aims, objective, space), *_needing_a_best(spec)]
    if mistakes:
        raise BadInput(mistakes)


def _unknown_metrics(
    aims: Sequence[Aim], objective: Objective, space: ConfigurationSpace
) -> Iterator[Mistake]:
    """Metrics that a formula does not have; what others have is known once they run."""
    if not isinstance(objective, ClosedForm):
        return
    offered = objective.evaluate_many(Configs.from_rows([dict(space.get_default_configuration())]))
    for number, aim in enumerate(aims):
        if aim.metric not in offered:
            yield Mistake(f"objectives.{number}.metric", one_of(offered, aim.metric), aim.metric)


def _needing_a_best(spec: SearchSpec) -> Iterator[Mistake]:
    for field in ("pruner", "prior"):
        if (given := getattr(spec, field)) is not None:
            yield Mistake(field, NONE, given.kind)
    for number, point in enumerate(spec.warm_start.points if spec.warm_start else ()):
        if point.value is not None:
            yield Mistake(f"warm_start.points.{number}.value", NONE, f"{point.value:g}")
