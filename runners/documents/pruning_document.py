"""The part of a report about trials that were stopped early: what that saved, and which they were."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runners.documents.document import Section, Table
from runners.documents.quantities import duration, percent

MOST_STOPPED = 200
"""Stopped trials listed in one table."""


def pruning_sections(searches: Sequence[Mapping[str, Any]]) -> Iterator[Section]:
    """The sections for searches that stopped trials, given as in a report; none where none did."""
    accounts = [(each["name"], each["search"]["pruning"]) for each in searches if "pruning" in each["search"]]
    accounts = [(name, account) for name, account in accounts if account["stopped"]]
    if not accounts:
        return
    columns = ("search", "trials stopped", "steps run", "steps saved", "share", "worker time saved")
    text = "A stopped trial teaches the engine the estimate of its end, and is never the best."
    yield Section("Pruning", (text,), Table.of(columns, [_saved(*each) for each in accounts]))
    columns = ("search", "trial", "at step", "last value", "estimate", "reason")
    stopped = [_stopped(name, trial) for name, account in accounts for trial in account["stopped"]]
    yield Section("Stopped trials", table=Table.of(columns, stopped[:MOST_STOPPED]), level=3)


def _saved(name: str, account: Mapping[str, Any]) -> tuple[Any, ...]:
    steps, saved = (f"{account[key]:.6g}" for key in ("steps", "saved"))
    count, share = len(account["stopped"]), percent(account["share"])
    return (name, count, steps, saved, share, duration(account["seconds"]))


def _stopped(name: str, trial: Mapping[str, Any]) -> tuple[Any, ...]:
    step, value, estimate = (f"{trial[key]:.6g}" for key in ("step", "value", "estimate"))
    return (name, trial["number"], step, value, estimate, trial["reason"])
