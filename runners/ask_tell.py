"""A search whose trials somebody else evaluates: asked for and told by hand, journalled like any other.

Nothing has to stay alive between two calls. Each opens the journal of the search, goes on from it, and lets
go: workers share no more than the folder, and one that died finds its trial again by asking under its name.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runners.api import claim, load_folder
from runners.backend import Outcome, Status
from runners.jobs.job import Batch, Job, load_batch
from runners.jobs.warm_start import warm_start
from runners.journal import Journal
from runners.loop import Rules
from runners.single import header
from runners.sweep import FOLDER
from runners.verdicts import judged, verdict
from search.history import History
from search.trial import Asked, Failed, Suggestion, TrialState
from spaces.errors import BadInput, one_of


class OpenSearch:
    """One search of a job, open for questions; to be used in a `with` block.

    Args:
        batch: a job, as `load_batch` reads it.
        folder: of the job; made if it is not there.
        search: which of its searches; the only one if left out.

    Raises:
        BadInput: no such search, the folder holds another job, or another process has the search open.
    """

    def __init__(self, batch: Batch, folder: Path, search: str | None = None) -> None:
        self._job = _chosen(batch, search)
        claim(folder, batch, resume=True)
        job = self._job
        self._journal = Journal.open(folder / FOLDER / job.name, header(job.name, job.digest, job.spec.seed))
        self._engine = job.engine()
        if not any(isinstance(event, Asked) for event in self._journal.events):
            self._journal.begin(warm_start(job))
        self._engine.replay(self._journal.events)
        self._rules = Rules(job.rules, self._engine, self._journal)

    @property
    def history(self) -> History:
        """All trials so far."""
        return self._engine.history

    def ask(self, n: int = 1, *, worker: str | None = None) -> list[Suggestion]:
        """The next n suggestions; fewer where the evaluations are used up or a rule ended the search.

        Args:
            n: how many.
            worker: a name. What was asked for under it and not told yet comes first, and counts.

        Raises:
            Infeasible: nothing (more) satisfies the constraints.
        """
        held = [] if worker is None else self.history.pending_of(worker)[:n]
        left = self._job.spec.evaluations - self.history.asked
        if len(held) == n or left <= 0 or self._rules.hold():
            return [Suggestion(trial.number, trial.config) for trial in held]
        before = self.history.next_number
        suggestions = self._engine.ask(min(n, len(held) + left), worker=worker)
        new = [each for each in suggestions if each.number >= before]
        self._journal.append(*[self.history[each.number].begun for each in new])
        return suggestions

    def tell(self, number: int, result: float | Mapping[str, Any], *, worker: str | None = None) -> None:
        """The value of a trial, or its metrics; what is no finite number is a failure of it.

        Raises:
            BadInput: no trial of this number waits for a value.
        """
        self._require_pending(number)
        metrics = result if isinstance(result, Mapping) else {self._job.objective.metric: result}
        outcome = Outcome(number, Status.OK, dict(metrics), worker=worker)
        self._end(verdict(number, judged(outcome, self._job.aims), self._job.aims))

    def tell_failure(self, number: int, reason: str, *, worker: str | None = None) -> None:
        """That a trial has no value, and why; raises as `tell`."""
        self._require_pending(number)
        self._end(Failed(number, reason, worker=worker))

    def _end(self, event: Any) -> None:
        self._journal.append(event)
        self._engine.replay([event])

    def _require_pending(self, number: int) -> None:
        known = number in self.history
        if not known or self.history[number].state is not TrialState.ASKED:
            got = f"{number}, which {'has ended' if known else 'nobody asked for'}"
            waiting = ", ".join(str(trial.number) for trial in self.history.pending) or "none is"
            raise BadInput.of("number", f"a trial that waits for its value ({waiting})", got)

    def close(self) -> None:
        """Let go of the search; may be called again."""
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_search(place: Path, folder: Path | None = None, search: str | None = None) -> OpenSearch:
    """Open a search of a job.

    Args:
        place: a job file, or the folder of a job that was begun.
        folder: of a job file's results; `results/NAME` if left out.
        search: which search; the only one if left out.

    Raises:
        BadInput: as `OpenSearch`, and every mistake in the job.
    """
    if place.is_dir():
        return OpenSearch(load_folder(place), folder or place, search)
    batch = load_batch(place)
    return OpenSearch(batch, folder or Path("results", batch.name), search)


def _chosen(batch: Batch, search: str | None) -> Job:
    jobs = {job.name: job for job in batch.jobs}
    if search is None and len(jobs) > 1:
        raise BadInput.of("search", one_of(jobs, ""), "none, and the job has several")
    if search is not None and search not in jobs:
        raise BadInput.of("search", one_of(jobs, search), search)
    return batch.jobs[0] if search is None else jobs[search]
