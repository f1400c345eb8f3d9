"""Values on the way: each is journalled and told, and judged by a rule that may stop its trial.

A decision to stop is on disk before the worker hears of it. It stands, whatever happens then: a search that
is resumed ends the trial without running it again, and only one that came to its value all the same keeps it.
"""

from runners.backend import Outcome, Partial
from runners.journal import Journal
from runners.records import Note, Pruning
from search.engine import Engine
from search.pruning import CannotJudge, PruningRule
from search.trial import Pruned, Reported


class Partials:
    """What running trials report, and which of them are to stop.

    Args:
        engine: with the history of the search.
        journal: of the search; the decisions in it stand.
        rule: judges every report; `None` lets all trials go on.
    """

    def __init__(self, engine: Engine, journal: Journal, rule: PruningRule | None) -> None:
        self._engine = engine
        self._journal = journal
        self._rule = rule
        records = [record for record in journal.records if isinstance(record, Pruning)]
        self._stopped = {record.number: record for record in records}
        self._notes = {record.text for record in journal.records if isinstance(record, Note)}

    def take(self, number: int, partial: Partial) -> bool:
        """Take in a report of trial `number`; whether the trial is to stop for it."""
        if number in self._stopped:
            return False
        event = Reported(number, partial.step, partial.value, partial.at)
        self._journal.write(event)
        self._engine.replay([event])
        decision = self._decision(event)
        if decision is None:
            return False
        self._journal.append(decision)
        self._stopped[number] = decision
        return True

    def pruned(self, number: int, outcome: Outcome | None = None) -> Pruned | None:
        """How a trial ends that was to stop, and has no value; `None` where it was not to stop."""
        decision = self._stopped.get(number)
        if decision is None:
            return None
        times = () if outcome is None else (outcome.started, outcome.ended, outcome.worker)
        return Pruned(number, decision.reason, decision.step, decision.value, decision.estimate, *times)

    def _decision(self, last: Reported) -> Pruning | None:
        history = self._engine.history
        try:
            verdict = None if self._rule is None else self._rule.judge(last.number, history)
        except CannotJudge as error:
            verdict = None
            self._note(str(error))
        if verdict is None:
            return None
        best = history.best
        known = verdict.estimate if best is None or best.value is None else best.value
        estimate = max(verdict.estimate, known)  # who is stopped would not have been the best
        return Pruning(last.number, verdict.reason, last.step, last.value, estimate)

    def _note(self, text: str) -> None:
        """Journal a remark, once."""
        if text not in self._notes:
            self._notes.add(text)
            self._journal.append(Note(text))
