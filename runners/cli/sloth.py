"""`scalesearch sloth`: what a new member of a family of models will score, from families of models."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json

Text = str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sloth)


def sloth(
    models: Annotated[
        Path, typer.Argument(help="A CSV file: family, n_total, tokens, and a column for each benchmark.")
    ],
    family: Annotated[str, typer.Option(help="The family of the model asked about; it is in the table.")],
    n: Annotated[float, typer.Option("--n", help="Its parameters.")],
    tokens: Annotated[float, typer.Option(help="Its training tokens.")],
    benchmarks: Annotated[
        Text, typer.Option(help="Columns of scores, scaled to shares: 'mmlu=MMLU*0.01,gsm8k'.")
    ] = None,
    floors: Annotated[
        Text, typer.Option(help="Scores of guessing, where the benchmark is not known: 'boolq=0.5'.")
    ] = None,
    columns: Annotated[Text, typer.Option(help="Other columns: 'n_total=size_B*1e9,family=series'.")] = None,
    skills: Annotated[int, typer.Option(help="How many the benchmarks share.")] = 1,
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.9,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
) -> None:
    """Scores of a family's next model: skills grow alike in all families, from each family's own start."""
    from objectives.capability.downstream_skills_answer import Asked
    from objectives.capability.downstream_skills_answer import answer as foretold
    from runners.documents.sloth_document import sections
    from runners.requests.sloth_options import read_models

    asked = Asked(family, n, tokens, level)
    names, table = read_models(models, columns, benchmarks, floors)
    record = foretold(names, table, asked, skills)
    answer(to_json(record)) if json else answer_document(sections(record))
