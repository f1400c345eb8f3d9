"""The best configuration of a finite space, by trying every one: the certificate of a search over shapes.

A law of continuous inputs is solved exactly (`objectives.exact`). Shapes are discrete: where there are few
enough of them and the objective is a formula, all are evaluated, and nothing in the space can be better.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from objectives.objective import ClosedForm
from runners.jobs.job import Job
from search.pareto import hypervolume
from spaces.configs import Configs
from spaces.encoding import Encoder

MOST = 1_000_000
"""Cells of the largest grid that is listed; mixtures of experts with all choices have ten times as many."""
MOST_POINTS = 20_000
"""Points whose front of three objectives and more is found in a moment."""
SAME = 1e-12
"""Relative difference of two values that are the same."""


class Enumerations:
    """Optima of searches; spaces that several searches share are listed once."""

    def __init__(self) -> None:
        self._listed: dict[str, Configs] = {}

    def of(self, job: Job, best: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The best of all configurations, and where the best one found stands among them.

        None where the exact solver answers, where the objective is no formula, or where the space is not
        finite or too large.
        """
        if (found := self._evaluated(job)) is None:
            return None
        configs, rows, columns = found
        values = columns[job.objective.metric]
        known = np.isfinite(values)
        if not known.any():
            return None
        first = int(np.nanargmin(values))
        lowest = float(values[first])
        record = {
            "value": lowest,
            "config": rows[first],
            "metrics": {name: float(column[first]) for name, column in columns.items()},
            "configurations": len(configs),
            "feasible": int(known.sum()),
        }
        return record | _standing(values[known], lowest, best)

    def volume(self, job: Job, reference: Sequence[float]) -> float | None:
        """The hypervolume of all configurations below a reference, in units and senses of the metrics.

        None as for `of`, and where there are too many for three objectives and more.
        """
        found = self._evaluated(job)
        if found is None or (len(job.aims) > 2 and len(found[1]) > MOST_POINTS):
            return None
        limits = [aim.cost(limit) for aim, limit in zip(job.aims, reference, strict=True)]
        signs = [aim.cost(1.0) for aim in job.aims]
        points = np.column_stack([found[2][aim.metric] for aim in job.aims]) * signs
        return hypervolume(points[np.isfinite(points).all(axis=1)], np.array(limits))

    def _evaluated(self, job: Job) -> tuple[Configs, Configs, Mapping[str, Any]] | None:
        """All configurations, the feasible ones, and the metrics of those."""
        objective = job.objective
        if job.problem is not None or not isinstance(objective, ClosedForm):
            return None
        configs = self._configs(job)
        if configs is None:
            return None
        rows = configs.select(objective.feasible(configs))
        return configs, rows, objective.evaluate_many(rows)

    def _configs(self, job: Job) -> Configs | None:
        key = repr((job.spec.space, job.spec.fix, job.spec.fidelity))
        if key not in self._listed:
            encoder = Encoder(job.whole.space)
            if encoder.cardinality > MOST:
                return None
            self._listed[key] = encoder.decode_many(encoder.every())
        return self._listed[key]


def _standing(values: Any, lowest: float, best: Mapping[str, Any] | None) -> dict[str, Any]:
    """How far above the optimum a search ended, and how many configurations are better than its best."""
    if best is None:
        return {"gap": None, "better": None}
    reached = best["value"]
    better = int(np.sum(values < reached - SAME * abs(reached)))
    return {"gap": reached - lowest if better else 0.0, "better": better}
