"""`scalesearch plan`: a budget becomes the certified best model, in about a second."""

from typing import Annotated

import typer

from runners.cli.output import answer, answer_document
from runners.documents.rendering import to_json

PERFORMANCE = "performance"
"""The law of a score, which has an answer of its own."""

Number = float | None
Text = str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plan)


def plan(
    flops: Annotated[Number, typer.Option(help="Training FLOPs.")] = None,
    gpus: Annotated[Number, typer.Option(help="Number of accelerators.")] = None,
    days: Annotated[Number, typer.Option(help="Calendar days.")] = None,
    dollars: Annotated[Number, typer.Option(help="Money for accelerator time.")] = None,
    price: Annotated[Number, typer.Option(help="Dollars per accelerator-hour; there is no default.")] = None,
    gpu: Annotated[Text, typer.Option(help="Accelerator, such as h100-sxm.")] = None,
    peak_tflops: Annotated[Number, typer.Option(help="Dense bf16 peak, in place of --gpu's.")] = None,
    mfu: Annotated[Number, typer.Option(help="Share of the dense peak within a step.")] = None,
    goodput: Annotated[
        Number, typer.Option(help="Share of the calendar in useful steps; 1 if left out.")
    ] = None,
    law: Annotated[
        Text,
        typer.Option(help="Family; `scalesearch laws` lists them. generalized if left out, or the fit's."),
    ] = None,
    coefficients: Annotated[
        Text, typer.Option(help="Coefficient set, or a fit.json; the family's default set if left out.")
    ] = None,
    sparsity: Annotated[Number, typer.Option(help="Fix the sparsity.")] = None,
    max_sparsity: Annotated[Number, typer.Option(help="Bound the sparsity.")] = None,
    max_total_params: Annotated[Number, typer.Option(help="Bound all stored parameters.")] = None,
    max_tokens: Annotated[Number, typer.Option(help="Bound the training tokens.")] = None,
    unique_tokens: Annotated[Number, typer.Option(help="How much data there is.")] = None,
    min_mmlu: Annotated[
        Number, typer.Option(help="With --law performance: the cheapest architecture that reaches it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable, with every field.")] = False,
) -> None:
    """The best model for a budget: --flops, or --gpus with --days, or --dollars with --price."""
    from objectives.budget import make_budget
    from objectives.law_choice import choose_law
    from objectives.plan import plan as answer_for
    from runners.documents.answer import sections
    from spaces.errors import Mistake, Mistakes

    found = Mistakes()
    chosen = budget = None
    scores = law == PERFORMANCE
    with found.within(""):
        chosen = None if scores else choose_law(law, coefficients)
    if min_mmlu is not None and not scores:
        found.all.append(Mistake("min_mmlu", f"none without --law {PERFORMANCE}", f"{min_mmlu:g}"))
    with found.within(""):
        budget = make_budget(
            flops=flops,
            gpus=gpus,
            days=days,
            dollars=dollars,
            price=price,
            gpu=gpu,
            peak_tflops=peak_tflops,
            mfu=mfu,
            goodput=goodput,
            sparsity=sparsity,
            max_sparsity=max_sparsity,
            max_total_params=max_total_params,
            max_tokens=max_tokens,
            unique_tokens=unique_tokens,
        )
    if scores:
        from runners.documents.performance_document import sections as scored
        from runners.requests.performance_request import plan_answer

        record = plan_answer(budget, coefficients, min_mmlu, found).to_dict()
        answer(to_json(record)) if json else answer_document(scored(record))
        return
    found.settle()
    assert chosen is not None  # or there was a mistake
    assert budget is not None
    record = answer_for(chosen.law, budget, ensemble=chosen.ensemble).to_dict()
    answer(to_json(record)) if json else answer_document(sections(record))
