"""The account of what pruning saved, by hand."""

from search.history import History
from search.pruning_report import MOST_POINTS, pruning_account
from search.trial import Asked, Done, Pruned, Reported


def test_an_account_adds_up_steps_run_and_saved() -> None:
    history = History()
    for number in range(3):
        history.append(Asked(number, {}))
        for step in (10, 20, 40):
            history.append(Reported(number, step, 5.0 - number))
            if number == 1 and step == 20:
                break
    history.append(Done(0, 4.0, started=0.0, ended=8.0))
    history.append(Pruned(1, "slow", 20, 4.0, 3.5, started=0.0, ended=5.0))
    account = pruning_account(history)
    assert account is not None
    assert (account.steps, account.saved, account.share) == (100, 20, 20 / 120)
    (stopped,) = account.stopped
    assert (stopped.number, stopped.step, stopped.saved, stopped.seconds) == (1, 20, 20, 5.0)
    longer = pruning_account(history, lambda config: 100.0)
    assert longer is not None
    assert longer.saved == 80


def test_without_reports_there_is_no_account_and_many_are_thinned() -> None:
    assert pruning_account(History([Asked(0, {})])) is None
    reports = [Reported(0, step, 1.0) for step in range(1000)]
    account = pruning_account(History([Asked(0, {}), *reports]))
    assert account is not None
    (curve,) = account.curves
    assert len(curve["steps"]) <= MOST_POINTS + 1
    assert (curve["steps"][0], curve["steps"][-1]) == (0, 999)
