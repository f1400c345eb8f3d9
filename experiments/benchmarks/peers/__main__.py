"""Other programs beside the native engine: `python -m experiments.benchmarks.peers`.

Installs what is missing, runs the searches that are not stored yet, and writes the tables. Searches are kept
under results/peers, so that a run that was cut short goes on where it stopped, and a new version of one
program costs the searches of that program only.
"""

import argparse
import sys
from pathlib import Path

from experiments.benchmarks.peers.campaign import Campaign, install, ready, runs
from experiments.benchmarks.peers.cases import Case, every_case
from experiments.benchmarks.peers.contestants import CHEAP, CONTESTANTS
from experiments.benchmarks.peers.environments import ROOT, environments
from experiments.benchmarks.peers.records import Store
from experiments.benchmarks.peers.standings import Standings
from experiments.benchmarks.peers.summary import sections
from runners.documents.document import Section
from runners.documents.rendering import to_markdown

RESULTS = ROOT / "results" / "peers"
TITLE = Section(
    "Beside other programs",
    (
        "Written by `python -m experiments.benchmarks.peers -o docs/peers.md`, which installs the programs, "
        "runs the searches that are not stored yet under `results/peers`, and writes these tables. Regret is "
        "the true value of the configuration with the least observation so far, less the optimum.",
        "How to read it: programs that take minutes a search have few seeds here (the last table says how "
        "many), so that many differences cannot be told from noise; the medians stand beside every verdict. "
        "The problems are in `experiments/benchmarks/problems*.py`; an instance of BBOB is COCO's own.",
    ),
    level=1,
)


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m experiments.benchmarks.peers", description=__doc__)
    options.add_argument("--install", metavar="NAME", nargs="*", help="only install (all, or those named)")
    names = [one.name for one in CONTESTANTS]
    options.add_argument(
        "--programs", metavar="NAME", nargs="+", choices=names, help="only these contestants"
    )
    options.add_argument("--problems", metavar="TEXT", nargs="+", help="only those whose name starts so")
    options.add_argument("--seeds", type=int, default=CHEAP, help="at most so many searches of each")
    options.add_argument("--minutes", type=float, default=float("inf"), help="start no search after so long")
    options.add_argument("--results", type=Path, default=RESULTS, help="folder of the stored searches")
    options.add_argument("--table", action="store_true", help="only write the tables, of what is stored")
    options.add_argument("-o", "--output", type=Path, help="file for the tables, in place of stdout")
    return options


def main(arguments: list[str]) -> int:
    """Install, run, write."""
    given = parser().parse_args(arguments)
    contestants = [one for one in CONTESTANTS if given.programs is None or one.name in given.programs]
    cases = chosen(every_case(), given.problems)
    if given.install is not None or not given.table:
        needed = {one.environment for one in contestants if not one.ours} | {"coco"}
        names = given.install or sorted(environments() if given.install == [] else needed)
        for trouble in install(names):
            print(trouble, file=sys.stderr)
    if given.install is not None:
        return 0
    cases = [case for case in cases if case.available]
    store = Store(given.results)
    if not given.table:
        Campaign(store, 60 * given.minutes).run(list(runs(ready(contestants), cases, given.seeds)))
    text = to_markdown([TITLE, *sections(Standings(store, every_case()))])
    if given.output is None:
        print(text)
    else:
        given.output.write_text(text)
    return 0


def chosen(cases: list[Case], texts: list[str] | None) -> list[Case]:
    """The cases whose group or name starts with a text; a text that is a whole name means that case alone.

    Raises:
        SystemExit: a text that no case starts with.
    """
    if texts is None:
        return cases
    for text in texts:
        if not any(_starts(case, (text,)) for case in cases):
            sys.exit(f"error: problems: expected the beginning of a problem's name or group, got {text}")
    names = {case.name for case in cases} & set(texts)
    starts = tuple(text for text in texts if text not in names)
    return [case for case in cases if case.name in names or _starts(case, starts)]


def _starts(case: Case, starts: tuple[str, ...]) -> bool:
    return case.name.startswith(starts) or case.group.startswith(starts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
