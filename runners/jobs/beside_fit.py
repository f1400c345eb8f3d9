"""The coefficient search of the founding paper beside a fit: same runs, same loss, same coefficients free.

A search over coefficients looks at one set after another; the fitter has gradients. When such a search has
ended, the fit is made once, timed, and kept in the search's folder, so that the report stays a function of
the folder.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ConfigSpace.hyperparameters import Constant

from objectives.misfit import Misfit
from runners.documents.rendering import to_json
from runners.jobs.job import Job
from runners.whole_files import write_whole
from spaces.errors import BadInput

FILE = "fit-beside.json"
"""In the folder of a search, beside its journal; not the fit.json that `plan` takes."""


def fit_beside(jobs: Iterable[Job], folder: Path) -> None:
    """Fit what each coefficient search searched, unless its folder has the fit already.

    Args:
        jobs: all searches of a batch.
        folder: that holds one folder for each.
    """
    for job in jobs:
        place = folder / job.name
        if isinstance(job.objective, Misfit) and place.is_dir() and not (place / FILE).exists():
            write_whole(place / FILE, to_json(_timed_fit(job, job.objective)))


def read_beside(place: Path) -> dict[str, Any] | None:
    """What `fit_beside` kept in a search's folder; None where there is nothing, as in older folders.

    Raises:
        BadInput: the file is damaged.
    """
    try:
        return dict(json.loads((place / FILE).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise BadInput.of("job folder", f"{FILE} as it was written, or none", str(place / FILE)) from error


def held(job: Job, objective: Misfit) -> dict[str, float]:
    """Coefficients the search could not change: constants of its space, and those the space leaves out."""
    parameters = dict(job.space)
    fixed = {name: p.value for name, p in parameters.items() if isinstance(p, Constant)}
    return {
        name: float(fixed.get(name, value))
        for name, value in objective.law.coefficients.items()
        if name in fixed or name not in parameters
    }


def _timed_fit(job: Job, objective: Misfit) -> dict[str, Any]:
    """The fit as plain JSON, or the reason why there is none."""
    from objectives.fit.estimation import Estimation
    from objectives.fit.fitting import solve
    from objectives.fit.forms import form_of
    from objectives.fit.losses import Huber

    law, kept = objective.law, held(job, objective)
    started = time.perf_counter()
    try:
        problem = Estimation(
            form_of(type(law)), objective.runs, Huber(objective.delta), held=kept, count=law.count
        )
        solution = solve(problem, seed=job.spec.seed)
    except BadInput as error:
        return {"reason": str(error)}
    seconds = time.perf_counter() - started
    return {
        "reason": None,
        "runs": len(objective.runs),
        "free": list(problem.free),
        "held": kept,
        "objective": objective.evaluate(solution.coefficients, seed=0)[objective.metric],
        "coefficients": solution.coefficients,
        "outside": _outside(job, solution.coefficients),
        "starts": len(solution.minima.value),
        "reached": solution.reached,
        "seconds": seconds,
    }


def _outside(job: Job, coefficients: dict[str, float]) -> list[str]:
    """Coefficients of the fit that the search's space does not reach."""
    ends = {
        name: (getattr(p, "lower", None), getattr(p, "upper", None)) for name, p in dict(job.space).items()
    }
    return [
        name
        for name, (low, high) in ends.items()
        if low is not None and high is not None and not low <= coefficients[name] <= high
    ]
