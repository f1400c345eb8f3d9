"""What a user may get wrong: each ends with exit code 2, 3 or 4 and one clear line, never a traceback."""

import importlib.metadata
from pathlib import Path

import pytest

from objectives import laws
from runners.cli.main import main

PLAN = {
    "no budget": ("", "error: budget: expected exactly one of"),
    "text for a number": ("--flops many", "error: Invalid value for '--flops'"),
    "negative budget": ("--flops=-1e21", "error: flops: expected"),
    "zero budget": ("--flops 0", "error: flops: expected"),
    "infinite budget": ("--flops inf", "error: flops: expected"),
    "not a number": ("--flops nan", "error: flops: expected"),
    "two budgets": ("--flops 1e21 --gpus 8 --days 3 --gpu h100-sxm --mfu 0.4", "exactly one of"),
    "unknown law": ("--flops 1e21 --law hofmann", "error: law: expected"),
    "unknown set": ("--flops 1e21 --law hoffmann --coefficients epohc", "did you mean epoch"),
    "sparsity 1": ("--flops 1e21 --sparsity 1", "error: sparsity: expected"),
    "negative sparsity": ("--flops 1e21 --sparsity -0.1", "error: sparsity: expected"),
    "two sparsities": ("--flops 1e21 --sparsity 0.5 --max-sparsity 0.9", "sparsity"),
    "no MFU": ("--gpus 8 --gpu h100-sxm --days 3", "error: mfu: expected"),
    "MFU above 1": ("--gpus 8 --gpu h100-sxm --days 3 --mfu 40", "error: mfu: expected"),
    "days without GPUs": ("--days 3 --gpu h100-sxm --mfu 0.4", "error: gpus: expected"),
    "unknown GPU": ("--gpus 8 --gpu h10 --days 3 --mfu 0.4", "error: gpu: expected"),
    "sparse peak": ("--gpus 8 --gpu h100-sxm --peak-tflops 1979 --days 3 --mfu 0.4", "2:4-sparse"),
    "sparse peak of an unnamed GPU": ("--gpus 8 --peak-tflops 1513 --days 3 --mfu 0.4", "2:4-sparse"),
    "no price": ("--dollars 1e6 --gpu h100-sxm --mfu 0.4", "error: price: expected"),
    "unknown option": ("--flop 1e21", "error: No such option"),
}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(arguments)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return code, captured.err.splitlines()


@pytest.mark.parametrize("options", PLAN)
def test_a_plan_with_a_mistake_is_refused_in_one_line(
    options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given, expected = PLAN[options]
    code, lines = run(capsys, "plan", *given.split())
    assert code == 2
    assert len(lines) == 1
    assert expected in lines[0]


def test_every_mistake_of_a_plan_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "plan", "--flops=-1", "--law", "nope", "--max-tokens", "0")
    assert code == 2
    assert [line.split(":")[1].strip() for line in lines] == ["law", "flops", "max_tokens"]


@pytest.mark.parametrize(
    "options",
    [
        "--flops 1e21 --law hoffmann --sparsity 0.5",
        "--flops 1e3 --law clark",
        "--flops 1e21 --max-total-params 0.5",
    ],
)
def test_a_plan_that_nothing_satisfies_ends_with_3(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "plan", *options.split())
    assert code == 3
    assert len(lines) == 1


BASE = """
evaluations: 4
engine: random
budget: {flops: 1e21}
space: {kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13], sparsity: [0, 0.9]}
objective: {law: generalized}
"""
SPACE = "{kind: law, n: [1e7, 1e12], tokens: [1e8, 1e13], sparsity: [0, 0.9]}"
JOBS = {
    "no YAML": ("evaluations: [", "job file"),
    "a list": ("- evaluations", "job file"),
    "no evaluations": (BASE.replace("evaluations: 4", ""), "evaluations"),
    "a fraction of an evaluation": (BASE.replace("evaluations: 4", "evaluations: 1.5"), "evaluations"),
    "no budget": (BASE.replace("budget: {flops: 1e21}", ""), "budget"),
    "a negative budget": (BASE.replace("1e21", "-1e21"), "budget.flops"),
    "an infinite budget": (BASE.replace("1e21", ".inf"), "budget.flops"),
    "a budget in words": (BASE.replace("1e21", "plenty"), "budget.flops"),
    "an incomplete budget": (BASE.replace("flops: 1e21", "gpus: 8, days: 3, gpu: h100-sxm"), "budget.mfu"),
    "a sparse peak": (
        BASE.replace("flops: 1e21", "gpus: 8, days: 3, gpu: h100-sxm, mfu: 0.4, peak_tflops: 1979"),
        "budget.peak_tflops",
    ),
    "sparsity 1": (BASE.replace("[0, 0.9]", "[0, 1]"), "space.sparsity"),
    "two sparsities": (BASE.replace("1e21}", "1e21, sparsity: 0.2}"), "space.sparsity: expected no"),
    "a fixed sparsity outside the space": (BASE.replace("1e21}", "1e21, sparsity: 0.95}"), "space.sparsity"),
    "a bound upside down": (BASE.replace("[1e7, 1e12]", "[1e12, 1e7]"), "space.n"),
    "zero on a log scale": (BASE.replace("[1e7, 1e12]", "[0, 1e12]"), "space.n"),
    "text for a bound": (BASE.replace("[1e7, 1e12]", "[small, 1e12]"), "space.n[0]"),
    "an unknown space": (BASE.replace("kind: law", "kind: lore"), "space.kind"),
    "an empty space": (BASE.replace(SPACE, "{parameters: {}}"), "space"),
    "sparsity for a dense law": (BASE.replace("generalized", "hoffmann, coefficients: tex"), "space"),
    "an unknown law": (BASE.replace("generalized", "generalised"), "objective.law"),
    "an unknown set": (BASE.replace("ized}", "ized, coefficients: mow}"), "objective.coefficients"),
    "half a set": (BASE.replace("generalized}", "generalized, coefficients: {e: 1}}"), "objective.a"),
    "an unknown objective": (BASE.replace("law: generalized", "kind: vibes"), "objective"),
    "an unknown engine": (BASE.replace("engine: random", "engine: randon"), "engine"),
    "an unknown option": (BASE.replace("engine: random", "engine: {name: random, kappa: 1}"), "engine.kappa"),
    "an unknown field": (BASE + "replicas: 3", "replicas"),
    "no such function": (
        "{evaluations: 2, engine: random, objective: {kind: python, target: 'math:nope'}, "
        "space: {parameters: {x: {type: float, lower: 0, upper: 1}}}}",
        "objective.target",
    ),
    "an unknown placeholder": (
        "{evaluations: 2, engine: random, objective: {kind: command, command: 'echo {y}'}, "
        "space: {parameters: {x: {type: float, lower: 0, upper: 1}}}}",
        "objective.command {y}",
    ),
    "no table of runs": (
        "{evaluations: 2, engine: random, objective: {kind: misfit, law: hoffmann, runs: gone.csv}, "
        "space: {kind: coefficients, law: hoffmann}}",
        "objective",
    ),
    "no such coefficient": (
        "{evaluations: 2, engine: random, "
        "objective: {kind: coefficient-loss, law: hoffmann, n: 1e9, tokens: 1e10}, "
        "space: {kind: coefficients, law: hoffmann, bounds: {c: [0, 1]}}}",
        "space.c",
    ),
    "an unknown type": (
        "{evaluations: 2, engine: random, objective: {kind: python, target: 'math:sqrt'}, "
        "space: {parameters: {x: {type: real, lower: 0, upper: 1}}}}",
        "space.parameters.x.type",
    ),
}  # fmt: skip


def job_file(folder: Path, text: str) -> str:
    path = folder / "job.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_with_a_mistake_is_refused_before_anything_is_written(
    job: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, field = JOBS[job]
    code, lines = run(capsys, "search", job_file(tmp_path, text), "--out", str(tmp_path / "out"))
    assert code == 2
    assert any(line.startswith(f"error: {field}") for line in lines), lines
    assert not (tmp_path / "out").exists()


INFEASIBLE = {
    "a cap below the smallest model": BASE.replace("1e21}", "1e21, max_total_params: 1e6}"),
    "a budget below the smallest run": BASE.replace("1e21", "1e12"),
    "a token cap below the space": BASE.replace("1e21}", "1e21, max_tokens: 1e7}"),
}


@pytest.mark.parametrize("job", INFEASIBLE)
def test_a_job_that_nothing_satisfies_ends_with_3(
    job: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(capsys, "search", job_file(tmp_path, INFEASIBLE[job]), "--out", str(tmp_path / "out"))
    assert code == 3
    assert len(lines) == 1


def test_a_search_without_a_usable_trial_ends_with_4_and_its_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "{evaluations: 3, engine: random, objective: {kind: command, command: 'echo nan'}, "
        "space: {parameters: {x: {type: float, lower: 0, upper: 1}}}}"
    )
    code, lines = run(capsys, "search", job_file(tmp_path, text), "--out", str(tmp_path / "out"), "--quiet")
    assert code == 4
    assert lines == ["error: no trial has a value: value must be a number, got str: nan"]
    assert (tmp_path / "out" / "report.json").exists()


def test_a_missing_job_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "search", "gone.yaml")
    assert code == 2
    assert "gone.yaml" in lines[0]


def test_a_folder_without_a_job_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "report", str(tmp_path))
    assert code == 2
    assert str(tmp_path) in lines[0]


@pytest.mark.parametrize("option", [("--runner", "slurm"), ("--workers", "0")])
def test_a_wrong_runner_is_refused(
    option: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(
        capsys, "search", job_file(tmp_path, BASE), "--out", str(tmp_path / "out"), "--quiet", *option
    )
    assert code == 2
    assert len(lines) == 1


def test_a_used_folder_needs_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("search", job_file(tmp_path, BASE), "--out", str(tmp_path / "out"), "--quiet")
    assert main(arguments) == 0
    capsys.readouterr()
    code, lines = run(capsys, *arguments)
    assert code == 2
    assert "--resume" in lines[0]
    assert main([*arguments, "--resume"]) == 0


def test_another_job_is_not_resumed_in_this_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("search", job_file(tmp_path, BASE), "--out", str(tmp_path / "out"), "--quiet")) == 0
    capsys.readouterr()
    other = job_file(tmp_path, BASE.replace("1e21", "1e22"))
    code, lines = run(capsys, "search", other, "--out", str(tmp_path / "out"), "--quiet", "--resume")
    assert code == 2
    assert "hash" in lines[0]


@pytest.mark.parametrize("law", [kind.family for kind in laws.FAMILIES if kind.published()])
def test_a_plan_of_every_law_prints(law: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--flops", "1e21", "--law", law]) == 0
    assert f"# Best model for 1e+21 FLOPs: {law}" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_named(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    code, lines = run(capsys, "search", job_file(tmp_path, BASE), "--out", str(tmp_path / place), "--quiet")
    assert code == 2
    assert lines[0].startswith("error: --out: expected a folder that can be written")


def test_without_a_command_the_help_is_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Commands" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == importlib.metadata.version("scalesearch")
