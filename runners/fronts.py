"""The fronts of a job's searches as plain JSON values, in the units and senses of their metrics.

Searches after the same aims share a reference point, so that their hypervolumes can be compared: what the job
gives, and beyond that the rule of `search.pareto.reference_point` over the trials of all of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from runners.jobs.aims import Aim, references
from search.engine import Engine
from search.front_report import front_report
from search.history import History
from search.pareto import reference_point
from search.report import trial_dict

Array = npt.NDArray[np.float64]


def fronts(aims: Mapping[str, Sequence[Aim]], histories: Mapping[str, History]) -> dict[str, dict[str, Any]]:
    """By name the front of each search with several aims; those without a value yet are left out.

    Args:
        aims: of every search, by its name.
        histories: likewise.
    """
    together: dict[tuple[Aim, ...], list[str]] = defaultdict(list)
    for name, wanted in aims.items():
        if len(wanted) > 1 and histories[name].front:
            together[tuple(wanted)].append(name)
    return {
        name: _front(wanted, histories[name], reference)
        for wanted, names in together.items()
        for reference in [_shared_reference(wanted, [histories[name] for name in names])]
        for name in names
    }


def _shared_reference(aims: Sequence[Aim], histories: Sequence[History]) -> Array:
    points = np.concatenate([Engine.values(history.front) for history in histories])
    return reference_point(points, references(aims))


def _front(aims: Sequence[Aim], history: History, reference: Array) -> dict[str, Any]:
    found = front_report(history, reference)
    limits = [aim.cost(limit) for aim, limit in zip(aims, found.reference, strict=True)]
    return {
        "objectives": [
            {"metric": aim.metric, "sense": aim.sense, "reference": limit, "given": aim.reference is not None}
            for aim, limit in zip(aims, limits, strict=True)
        ],
        "hypervolume": found.hypervolume,
        "growth": [asdict(step) for step in found.growth],
        "trials": [trial_dict(trial) for trial in found.front],
        "points": [[trial.metrics.get(aim.metric) for aim in aims] for trial in history.done],
    }
