"""`scalesearch performance`, `plan --law performance` and `fit --law performance`, as a user sees them."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from objectives import laws
from runners.cli.main import main

FIT = (
    *("fit", "--law", "performance", "--draws", "40", "--columns"),
    "tokens=tokens_T*1e12,n_total=est_params_B*1e9,mmlu=MMLU,experts=n_experts",
)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_the_defaults_print_the_authors_ten_rows(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "performance").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| layers | hidden | ffn"))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start + 2 : start + 12]]
    assert cells[0] == ["62", "4096", "8192", "10.07", "6.5", "71.69", "0.9838"]
    assert cells[9] == ["63", "4096", "8192", "10.21", "5.5", "70.92", "0.8443"]
    assert "4560 plans predicted at least 50 points" in "\n".join(lines)


def test_json_holds_every_field_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(run(capsys, "performance", "--json", "--top", "3", "--order", "performance"))
    assert [plan["layers"] for plan in record["plans"]] == [95, 94, 79]
    assert record["best"] == record["plans"][0]
    assert record["budget"]["flops"] == 3.991928832e23
    assert record["law"]["coefficients"] == laws.get("performance").coefficients
    assert any("20 too high for the 24 that sit at chance" in warning for warning in record["warnings"])


@pytest.mark.parametrize("against", ["loss", "cost"])
def test_a_front_holds_what_no_plan_beats_in_both_aims(
    against: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "front.html"
    found = json.loads(run(capsys, "performance", "--pareto", against, "--json", "--html", str(page)))
    rows, second = found["pareto"]["rows"], "loss" if against == "loss" else "inference_flops"
    assert len(rows) > 5
    assert rows[0]["mmlu"] == max(row["mmlu"] for row in rows)
    for dearer, cheaper in pairwise(rows):
        assert dearer["mmlu"] > cheaper["mmlu"]
        assert dearer[second] > cheaper[second]
    assert page.read_text().count("<svg") == 2


def test_a_plan_with_the_performance_law_gives_the_best_shape_and_the_cheapest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = ("plan", "--law", "performance", "--flops", "1e24", "--json")
    best = json.loads(run(capsys, *plan))
    assert best["best"]["mmlu"] == max(row["mmlu"] for row in best["plans"])
    assert best["best"]["flops"] == pytest.approx(1e24)
    cheap = json.loads(run(capsys, *plan, "--min-mmlu", "70"))["best"]
    assert cheap["mmlu"] == pytest.approx(70.0)
    assert cheap["flops"] < 1e24
    again = json.loads(run(capsys, "plan", "--law", "performance", "--flops", f"{cheap['flops']}", "--json"))
    assert again["best"]["mmlu"] == pytest.approx(70.0, abs=1e-6)


def test_one_model_is_predicted_and_a_mixture_only_by_an_assumption(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = "layers=80,hidden=8192,ffn=28672,tokens=15e12,n_total=70.6e9"
    assert "| predicted MMLU | 81.09" in run(capsys, "performance", "--model", model)
    mixture = f"{model},n_active=12e9"
    assumed = run(capsys, "performance", "--model", mixture, "--moe-as", "effective-dense-size")
    assert "assumption effective-dense-size" in assumed
    assert main(["performance", "--model", mixture]) == 2
    assert "--moe-as (effective-dense-size), an assumption" in capsys.readouterr().err


def test_a_fitted_law_plans_with_intervals_and_is_reported_again(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = shared / "data" / "llm-benchmarks" / "mmlu_architectures.csv"
    saved, page = tmp_path / "mmlu.json", tmp_path / "mmlu.html"
    report = run(capsys, *FIT, str(table), "-o", str(saved), "--html", str(page))
    assert "| the published law, not fitted | 13.52" in report
    assert "## Where it must not be used" in report
    assert "| 21           | a mixture of 8 experts, which the law is not for" in report
    assert page.read_text().count("<svg") == 2
    assert run(capsys, "report", str(saved)) == report
    planned = json.loads(
        run(capsys, "performance", "--coefficients", str(saved), "--min-mmlu", "30", "--json")
    )
    low, high = planned["best"]["interval"]
    assert low < planned["best"]["mmlu"] < high
    assert planned["level"] == 0.9
    job = tmp_path / "job.yaml"
    job.write_text(
        "{evaluations: 2, engine: random, budget: {flops: 1e24}, space: {kind: architecture, kinds: dense},"
        " objective: {kind: performance, coefficients: mmlu.json}}"
    )
    assert main(["search", str(job), "--quiet", "--out", str(tmp_path / "results")]) == 0


MISTAKES = {
    "performance --flops -1": ["flops"],
    "performance --order x --top 0 --min-mmlu 101 --precision 0.5": ["order", "top", "min_mmlu", "precision"],
    "performance --layers 30 20 --tokens 1 1e20": ["layers", "tokens"],
    "performance --pareto speed --shapes round": ["pareto", "shapes"],
    "performance --loss-law hoffmann": ["loss_law"],
    "performance --pareto loss --loss-law hofman": ["law"],
    "performance --coefficients dens": ["coefficients"],
    "performance --coefficients none.json": ["coefficients"],
    "performance --moe-as effective-dense-size": ["moe_as"],
    "performance --model layers=8,depth=3,hidden=x": [
        *("model", "model.hidden", "model.ffn", "model.tokens", "model.n_total"),
    ],
    "plan --flops 1e24 --min-mmlu 70": ["min_mmlu"],
    "plan --flops 1e24 --law performance --sparsity 0.5": ["sparsity"],
    "plan --flops 1e24 --law performance --min-mmlu 20": ["mmlu"],
    "plan --flops=-1 --law performance --coefficients x": ["flops", "coefficients"],
}


@pytest.mark.parametrize("command", MISTAKES)
def test_every_mistake_has_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split(":")[1].strip() for line in captured.err.splitlines()] == MISTAKES[command]


def test_a_search_says_what_it_assumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = tmp_path / "moe.yaml"
    job.write_text(
        "{evaluations: 3, engine: random, budget: {flops: 1e24}, space: {kind: architecture},"
        " objective: {kind: performance, moe_as: effective-dense-size}}"
    )
    report = run(capsys, "search", str(job), "--quiet", "--out", str(tmp_path / "results"))
    assert "assumption effective-dense-size: the law's equation for mixtures" in report
    assert "13.5 points off on average" in report


def test_options_of_the_loss_fit_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "models.csv"
    table.write_text("layers,hidden,ffn,tokens,n_total,mmlu\n32,4096,11008,2e12,7e9,45\n")
    assert main(["fit", str(table), "--law", "performance", "--hold", "a=1", "--level", "2"]) == 2
    assert [line.split(":")[1].strip() for line in capsys.readouterr().err.splitlines()] == ["level", "hold"]


def test_what_no_plan_reaches_ends_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["performance", "--min-mmlu", "80"]) == 3
    assert "the best has 71.97" in capsys.readouterr().err
