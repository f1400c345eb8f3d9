"""`scalesearch performance`: which architecture scores highest in MMLU, by the Performance Law."""

from pathlib import Path
from typing import Annotated, Any

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json

Number = float | None
Text = str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(performance)


def performance(
    flops: Annotated[Number, typer.Option(help="Training FLOPs, in place of a machine.")] = None,
    tflops: Annotated[Number, typer.Option(help="Dense bf16 peak of one device; 376 if left out.")] = None,
    gpu: Annotated[Text, typer.Option(help="Accelerator in place of --tflops, such as h100-sxm.")] = None,
    gpus: Annotated[Number, typer.Option(help="Number of accelerators; 1024 if left out.")] = None,
    mfu: Annotated[Number, typer.Option(help="Share of the dense peak; 0.4 if left out.")] = None,
    days: Annotated[Number, typer.Option(help="Calendar days; 30 if left out.")] = None,
    goodput: Annotated[Number, typer.Option(help="Share of the calendar in useful steps.")] = None,
    order: Annotated[str, typer.Option(help="balance, performance, shallow or cheap.")] = "balance",
    top: Annotated[int, typer.Option(help="Plans to list.")] = 10,
    min_mmlu: Annotated[float, typer.Option(help="Least predicted score.")] = 50.0,
    shapes: Annotated[
        str, typer.Option(help="grid: the author's; real: buildable shapes, counted exactly.")
    ] = "grid",
    layers: Annotated[
        tuple[int, int], typer.Option(help="Of the grid: from, and up to but not including.")
    ] = (20, 100),
    params: Annotated[tuple[float, float], typer.Option(help="Least and most parameters.")] = (10e9, 100e9),
    tokens: Annotated[
        tuple[float, float], typer.Option(help="From, and up to but not including, in steps of 0.5e12.")
    ] = (1e12, 20e12),
    precision: Annotated[float, typer.Option(help="Precision loss of the infrastructure, gamma >= 1.")] = 1.0,
    coefficients: Annotated[
        Text, typer.Option(help="The published set, or the file of `fit --law performance -o`.")
    ] = None,
    pareto: Annotated[
        Text, typer.Option(help="loss or cost: the front of MMLU against a loss law, or against serving.")
    ] = None,
    loss_law: Annotated[Text, typer.Option(help="The loss law of the front; hoffmann if left out.")] = None,
    loss_coefficients: Annotated[Text, typer.Option(help="Its coefficient set, or a fit.json.")] = None,
    model: Annotated[
        Text,
        typer.Option(help="Predict this one: layers=80,hidden=8192,ffn=28672,tokens=15e12,n_total=70.6e9."),
    ] = None,
    moe_as: Annotated[
        Text,
        typer.Option(help="effective-dense-size: how to read a --model with n_active. An assumption."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures there.")] = None,
) -> None:
    """The dense architectures of the highest predicted MMLU for a budget; the defaults are the author's."""
    from runners.documents.performance_document import prediction, sections
    from runners.requests.performance_request import PlanRequest, model_answer
    from spaces.errors import BadInput

    if model is not None:
        record = model_answer(model, coefficients, precision, moe_as)
        answer(to_json(record)) if json else answer_document(prediction(record))
        return
    if moe_as is not None:
        raise BadInput.of("moe_as", "none: the planner's architectures are dense", moe_as)
    budget: dict[str, Any] = {
        "flops": flops,
        "peak_tflops": tflops,
        "gpu": gpu,
        "gpus": gpus,
        "mfu": mfu,
        "days": days,
        "goodput": goodput,
    }
    found = PlanRequest(
        budget,
        order=order,
        top=top,
        min_mmlu=min_mmlu,
        precision=precision,
        coefficients=coefficients,
        grid={"layers": layers, "n_total": params, "tokens": tokens},
        pareto=pareto,
        shapes=shapes,
        loss_law=loss_law,
        loss_coefficients=loss_coefficients,
    ).answer()
    record = found.to_dict()
    if html is not None:
        _write_page(html, found, record)
    answer(to_json(record)) if json else answer_document(sections(record))


def _write_page(path: Path, found: Any, record: dict[str, Any]) -> None:
    from runners.documents import performance_pictures
    from runners.documents.page import to_html
    from runners.documents.performance_document import sections
    from runners.whole_files import write_whole

    drawn = {"plans": performance_pictures.plans(found.plans)}
    if found.front is not None:
        drawn["front"] = performance_pictures.front(found.front)
    write_whole(path, to_html(sections(record, drawn)))
    talk(f"page with pictures: {path}")
