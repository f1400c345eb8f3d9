"""`scalesearch fit`: a table of training runs becomes a law with intervals."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.document import Document
from runners.documents.rendering import to_json

PERFORMANCE = "performance"
"""The law of a score, which is fitted to models and not to losses."""

Text = str | None
Texts = list[str] | None
Out = Path | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(fit)


def fit(
    runs: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip; one training run a row.")],
    law: Annotated[
        str,
        typer.Option(help="Family; auto: the one that extrapolates best; performance: MMLU, not loss."),
    ] = "auto",
    columns: Annotated[
        Text, typer.Option(help="Fields and their columns: 'n_total=Model Size,flops=Training FLOP'.")
    ] = None,
    drop_highest_loss: Annotated[int, typer.Option(help="Leave out so many runs of the highest loss.")] = 0,
    unit: Annotated[Text, typer.Option(help="Of the losses; nats/token if left out.")] = None,
    loss: Annotated[str, typer.Option(help="huber, least-squares or asymmetric.")] = "huber",
    delta: Annotated[
        float | None, typer.Option(help="Residuals beyond it count linearly; 1e-3 if left out.")
    ] = None,
    residual: Annotated[str, typer.Option(help="log or raw.")] = "log",
    hold: Annotated[
        Texts, typer.Option(help="A coefficient and its value: gamma=0.3. May be repeated.")
    ] = None,
    tie: Annotated[Texts, typer.Option(help="Two equal coefficients: beta=alpha. May be repeated.")] = None,
    flops: Annotated[
        list[float] | None,
        typer.Option(help="A budget to answer; may be repeated. Else 1, 10, 100 x the largest run."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Bootstrap replicates.")] = 1000,
    level: Annotated[
        float | None, typer.Option(help="Of the intervals; 0.95 if left out, 0.9 with --law performance.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of starts and resampling.")] = 0,
    compare: Annotated[
        Text,
        typer.Option(help="Families to rank beside it, all, or none; those that fit the table if left out."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print fit.json in place of the report.")] = False,
    out: Annotated[
        Out, typer.Option("--out", "-o", help="Write fit.json there: plan and search take it.")
    ] = None,
    html: Annotated[Out, typer.Option(help="Write the report there as one page, with pictures.")] = None,
) -> None:
    """A law for your own runs, with intervals that hold; README has the columns a table may have."""
    from objectives.fit.calibration import LEVEL
    from runners.documents.fit_document import document
    from runners.documents.score_document import document as score_document
    from runners.requests.fit_job import FitRequest
    from runners.requests.fit_options import names, parsed
    from runners.requests.score_request import ScoreRequest
    from runners.whole_files import require_places

    require_places({"--out": out, "--html": html}, runs)
    if law == PERFORMANCE:
        others = {
            "drop_highest_loss": drop_highest_loss,
            "unit": unit,
            "loss": None if loss == "huber" else loss,
            "delta": delta,
            "residual": None if residual == "log" else residual,
            "hold": ", ".join(hold or ()),
            "tie": ", ".join(tie or ()),
            "flops": ", ".join(f"{each:g}" for each in flops or ()),
            "compare": compare,
        }
        given = {} if level is None else {"level": level}
        scored = ScoreRequest(runs, columns, draws=draws, seed=seed, others=others, **given)
        _deliver(scored.run(), score_document, out, html, json=json)
        return
    request = FitRequest(
        runs,
        law=law,
        drop_highest_loss=drop_highest_loss,
        unit=unit,
        loss=loss,
        delta=delta,
        residual=residual,
        flops=flops or (),
        draws=draws,
        level=LEVEL if level is None else level,
        seed=seed,
        compare=None if compare is None else names(compare),
        **parsed(columns, hold or (), tie or ()),
    )
    record = request.run()
    _deliver(record, document, out, html, json=json)


def _deliver(
    record: dict[str, Any], document: Callable[..., Document], out: Out, html: Out, *, json: bool
) -> None:
    """Write what is asked for, then print the answer."""
    from runners.whole_files import write_whole

    if out is not None:
        write_whole(out, to_json(record))
        talk(f"the law, for `plan --coefficients` and jobs: {out}")
    if html is not None:
        from runners.documents.page import to_html

        write_whole(html, to_html(document(record, pictures=True)))
        talk(f"report with pictures: {html}")
    answer(to_json(record)) if json else answer_document(document(record))
