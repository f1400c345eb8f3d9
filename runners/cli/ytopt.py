"""`scalesearch ytopt`: run a problem file written for ytopt, with ytopt's flags."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer, answer_document, talk
from runners.documents.rendering import to_json
from spaces.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ytopt)


def ytopt(
    problem_file: Annotated[
        str | None, typer.Argument(help="problem.py, problem.py:Problem or package.problem.Problem.")
    ] = None,
    problem: Annotated[str | None, typer.Option(help="The same, as ytopt has it.")] = None,
    max_evals: Annotated[int, typer.Option(min=1, help="Evaluations in all.")] = 100,
    evaluator: Annotated[
        str, typer.Option(help="subprocess (one at a time), ray; or process (all processors), local.")
    ] = "subprocess",
    learner: Annotated[str | None, typer.Option(help="RF, ET, GBRT, GP or DUMMY: engine skopt.")] = None,
    acq_func: Annotated[str | None, typer.Option(help="gp_hedge, LCB, EI or PI: engine skopt.")] = None,
    liar_strategy: Annotated[
        str | None, typer.Option(help="cl_max, cl_min or cl_mean: engine skopt.")
    ] = None,
    set_kappa: Annotated[float | None, typer.Option("--set-KAPPA", help="Of LCB: engine skopt.")] = None,
    set_seed: Annotated[int, typer.Option("--set-SEED", min=0, help="Fixes every suggestion.")] = 12345,
    set_ni: Annotated[
        int | None,
        typer.Option("--set-NI", "--initial-points", min=1, help="Points before the learner is used."),
    ] = None,
    eval_timeout_minutes: Annotated[
        float | None, typer.Option(min=1e-3, help="An evaluation that takes longer is stopped.")
    ] = None,
    redis_address: Annotated[
        str, typer.Option("--redis-address", "--address", help="Of a Ray cluster; local starts one here.")
    ] = "local",
    engine: Annotated[
        str | None, typer.Option(help="In place of the one the flags ask for; native if they ask for none.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Evaluations at a time.")] = None,
    out: Annotated[Path | None, typer.Option(help="The job's folder; results/NAME if left out.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the search in the folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print report.json in place of report.md.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run a problem file of ytopt's and print the report; results.csv and results.json are ytopt's own."""
    from runners.ytopt.flags import Flags
    from runners.ytopt.run import run

    if (problem_file is None) == (problem is None):
        got = "nothing" if problem is None else f"{problem_file} and --problem {problem}"
        raise BadInput.of("problem", "exactly one, such as problem.py or --problem problem.Problem", got)
    flags = Flags(
        problem=str(problem_file or problem),
        max_evals=max_evals,
        evaluator=evaluator,
        learner=learner,
        acq_func=acq_func,
        liar_strategy=liar_strategy,
        kappa=set_kappa,
        seed=set_seed,
        initial_points=set_ni,
        engine=engine,
        timeout_minutes=eval_timeout_minutes,
        workers=workers,
    )
    done = run(flags, out, address=redis_address, resume=resume, quiet=quiet)
    answer(to_json(done.record)) if json else answer_document(done.document)
    for remark in done.remarks:
        talk(remark)
