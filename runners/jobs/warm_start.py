"""What is known before a search: trials of other jobs and points a user names, as the events it begins with.

A job's trials teach their values where they fit the space and the objective is the same; without values, the
best of them are asked first. All of it is journalled, so a resumed search never looks here again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from runners.jobs.guidance_spec import EarlierJobSpec, PointSpec
from runners.jobs.job import Job
from runners.jobs.job_file import SearchSpec, read_job_file
from runners.jobs.job_folder import described
from runners.journal import FILE, read
from runners.records import Note
from runners.sweep import FOLDER
from search.engine import Engine
from search.history import History
from search.pareto import ranks
from search.trial import Done, Event, Failed, Given, Trial, TrialState
from spaces.configs import Config
from spaces.encoding import Encoder
from spaces.errors import BadInput, Mistakes, one_of
from spaces.transfer import Misfits, transferred

POINTS = "points of the job file"


@dataclass(frozen=True)
class Known:
    """A configuration of this space from elsewhere, and its outcome where that counts."""

    config: Config
    source: str
    outcome: Done | Failed | None = None


def warm_start(job: Job) -> list[Given | Done | Failed | Note]:
    """The first records of a job's journal: what its `warm_start` names, and a remark on each place.

    Args:
        job: a search that has not begun.

    Raises:
        BadInput: every folder that holds no such job, and every point that is not one of the space.
    """
    if job.spec.warm_start is None:
        return []
    engine, found = job.engine(), Mistakes()
    known: list[Known] = []
    notes: list[Note] = []
    for position, point in enumerate(job.spec.warm_start.points):
        with found.within(f"warm_start.points[{position}]"):
            known.append(_of_point(point, engine))
    for position, earlier in enumerate(job.spec.warm_start.jobs):
        with found.within(f"warm_start.jobs[{position}]"):
            for name, events in _journals(earlier, job.spec, job.folder):
                taken, note = _of_search(name, events, earlier, engine)
                known += taken
                notes.append(note)
    found.settle()
    return [*_events(known, engine.encoder), *notes]


def _of_point(point: PointSpec, engine: Engine) -> Known:
    config = engine.encoder.read(point.config)
    row = engine.encoder.canonical(engine.encoder.encode_many([config]))
    if point.value is not None:
        if engine.cost_of(config) is not None:
            raise BadInput.of("config", "the target fidelity, where there is a value", config)
        return Known(config, POINTS, Done(0, point.value))
    if not engine.feasible(row).all():
        raise BadInput.of("config", "a feasible configuration", config)
    return Known(config, POINTS)


def _journals(earlier: EarlierJobSpec, ours: SearchSpec, folder: Path) -> Iterator[tuple[str, list[Event]]]:
    """Name and events of the searches of another job that are to be used.

    Raises:
        BadInput: there is none.
    """
    place = folder / earlier.job
    text, name, _ = described(place)
    specs = {spec.name: spec for spec in read_job_file(text, name).searches}
    if earlier.search is not None:
        if earlier.search not in specs:
            raise BadInput.of("search", one_of(specs, earlier.search), earlier.search)
        specs = {earlier.search: specs[earlier.search]}
    if earlier.values:
        specs = {name: spec for name, spec in specs.items() if _same_objective(spec, ours)}
    if not specs:
        expected = "a job with our objective and budget, or values: false to ask its best trials first"
        raise BadInput.of("job", expected, earlier.job)
    for name in specs:
        if (place / FOLDER / name / FILE).exists():
            yield f"{earlier.job}/{name}", read(place / FOLDER / name).events


def _same_objective(spec: SearchSpec, ours: SearchSpec) -> bool:
    """Whether values of one search are values of the other."""
    fields = ("objective", "objectives", "budget")
    return all(getattr(spec, name) == getattr(ours, name) for name in fields)


def _of_search(
    name: str, events: Sequence[Event], earlier: EarlierJobSpec, engine: Engine
) -> tuple[list[Known], Note]:
    """What fits of another search, and a line that says how much that is."""
    outcomes = {event.number: event for event in events if isinstance(event, Done | Failed)}
    trials = [trial for trial in History(events).ended if not trial.given]
    chosen = _chosen(trials, earlier)
    varied = _varied(trials, engine.encoder)
    taken, left_out = [], Counter[str]()
    for trial in chosen:
        try:
            config = _fitting(trial, varied, earlier, engine)
        except Misfits as error:
            left_out[str(error)] += 1
        else:
            taken.append(Known(config, name, outcomes[trial.number] if earlier.values else None))
    how = "told" if earlier.values else "asked first"
    text = f"warm start from {name}: {len(taken)} of {len(trials)} trials {how}"
    if left_out:
        text += "; left out " + ", ".join(f"{count} ({why})" for why, count in left_out.most_common())
    return taken, Note(text)


def _chosen(trials: Sequence[Trial], earlier: EarlierJobSpec) -> list[Trial]:
    """All trials, or the best of them, in order of arrival."""
    if earlier.most is None:
        return list(trials)
    done = [trial for trial in trials if trial.state is TrialState.DONE]
    values = Engine.values(done)
    order = values if values.ndim == 1 else ranks(values)
    best = np.argsort(order, kind="stable")[: earlier.most]
    return [done[place] for place in (np.sort(best) if earlier.values else best)]


def _varied(trials: Iterable[Trial], encoder: Encoder) -> list[str]:
    """Parameters that our space lacks and that differ between trials."""
    values: dict[str, set[object]] = {}
    for trial in trials:
        for name, value in trial.config.items():
            if name not in encoder.names:
                values.setdefault(name, set()).add(value)
    return [name for name, different in values.items() if len(different) > 1]


def _fitting(trial: Trial, varied: Sequence[str], earlier: EarlierJobSpec, engine: Engine) -> Config:
    """A trial's configuration in our space; raises `Misfits` where its outcome is not that of the result."""
    lost = [name for name in varied if name in trial.config]
    if earlier.values and lost:
        raise Misfits(f"{', '.join(lost)} varied and is no parameter here")
    config = transferred(trial.config, engine.encoder, assume=earlier.assume, complete=not earlier.values)
    if earlier.values and engine.cost_of(config) is not None:
        raise Misfits("below the target fidelity")
    if not earlier.values and not engine.feasible(engine.encoder.encode_many([config])).all():
        raise Misfits("infeasible here")
    return config


def _events(known: Sequence[Known], encoder: Encoder) -> Iterator[Given | Done | Failed]:
    """Outcomes first, then what is to be asked; each configuration once."""
    seen: set[bytes] = set()
    number = -1
    for each in sorted(known, key=lambda each: each.outcome is None):
        row = encoder.canonical(encoder.encode_many([each.config])).tobytes()
        if row in seen:
            continue
        seen.add(row)
        yield Given(number, each.config, each.source)
        if each.outcome is not None:
            yield replace(each.outcome, number=number, started=None, ended=None, worker=None)
        number -= 1
