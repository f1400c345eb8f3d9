"""`scalesearch ask` and `tell`: a search whose trials somebody else evaluates, such as a script."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, talk
from runners.documents.rendering import to_json
from spaces.errors import BadInput

Search = Annotated[str | None, typer.Option(help="Which search, where the job has several.")]
Worker = Annotated[str | None, typer.Option(help="A name; asking under it again gives the same trial.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(ask)
    app.command(context_settings={"ignore_unknown_options": True})(tell)  # a value may be below zero


def ask(
    job: Annotated[Path, typer.Argument(help="A job file, or the folder of a job that was begun.")],
    worker: Worker = None,
    count: Annotated[int, typer.Option(min=1, help="How many trials.")] = 1,
    search: Search = None,
    out: Annotated[Path | None, typer.Option(help="The job's folder; results/NAME if left out.")] = None,
) -> None:
    """Print the next trials as JSON: a list of number and configuration, empty when there are no more."""
    from runners.ask_tell import open_search

    with open_search(job, out, search) as opened:
        found = opened.ask(count, worker=worker)
        if not found:
            talk(f"no more trials: {opened.history.asked} were asked for")
    answer(to_json([{"number": each.number, "config": each.config} for each in found]))


def tell(
    folder: Annotated[Path, typer.Argument(help="The folder of the job.")],
    number: Annotated[int, typer.Argument(help="Of the trial.")],
    value: Annotated[str | None, typer.Argument(help="A number, or a JSON object of metrics.")] = None,
    failed: Annotated[str | None, typer.Option(help="Why there is no value.")] = None,
    worker: Worker = None,
    search: Search = None,
) -> None:
    """Take the value of a trial, or that it failed; the report is made by `scalesearch report`."""
    from runners.ask_tell import open_search

    if (value is None) == (failed is None):
        raise BadInput.of("value", "a value, or --failed and why", "both" if value else "neither")
    with open_search(folder, search=search) as opened:
        if failed is not None:
            opened.tell_failure(number, failed, worker=worker)
        else:
            opened.tell(number, _parsed(str(value)), worker=worker)
        best = opened.history.best
    talk(f"trial {number} taken; best so far: {'none' if best is None else f'{best.value:.6g}'}")


def _parsed(value: str) -> Any:
    try:
        return json_text.loads(value)
    except ValueError as error:
        raise BadInput.of("value", "a number, or a JSON object of metrics", value) from error
