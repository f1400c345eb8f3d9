"""The whole answer to one budget."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget, make_budget
from objectives.exact import Box, optimum
from objectives.fit.calibration import Calibration
from objectives.fit.ensemble import Ensemble
from objectives.hardware import accelerator
from objectives.memory import memory
from objectives.plan import plan
from spaces.errors import Infeasible

EPOCH, MOE = laws.get("hoffmann", "epoch"), laws.get("generalized", "moe")


def test_the_budget_of_chinchilla_answered_by_the_refit() -> None:
    answer = plan(EPOCH, Budget(5.76e23))
    assert answer.optimum.n == pytest.approx(72.2e9, rel=0.01)
    assert answer.optimum.tokens_per_param == pytest.approx(18.4, rel=0.005)
    assert answer.optimum.certificate.holds
    assert [band.waste for band in answer.waste] == [0.01, 0.05]
    assert "Llama-2-70B" in [neighbour.name for neighbour in answer.neighbours]
    others = {(other.family, other.set): other for other in answer.others}
    assert others["hoffmann", "tex"].n == pytest.approx(40.4e9, rel=0.01)
    assert ("hoffmann", "epoch") not in others


def test_other_laws_are_converted_to_stored_and_active_parameters_each_in_its_own_way() -> None:
    others = {(other.family, other.set): other for other in plan(EPOCH, Budget(1e21)).others}
    kaplan, abnar = others["kaplan", "published"], others["abnar", "published"]
    assert kaplan.count == "n_non_embedding"
    assert kaplan.n is not None
    assert kaplan.n_total is not None
    assert kaplan.n_total > kaplan.n
    assert abnar.n == abnar.n_total
    assert abnar.n_active == pytest.approx((abnar.n_total or 0) * 0.02)


def test_laws_that_cannot_answer_say_why() -> None:
    answer = plan(MOE, Budget(1e21, sparsity=0.9, max_tokens=1e11))
    reasons = {other.family: other.reason for other in answer.others}
    assert reasons["hoffmann"] is not None
    assert "dense law" in reasons["hoffmann"]
    assert reasons["clark"] is not None
    assert "max_tokens" in reasons["clark"]
    assert reasons["abnar"] is None


def test_decades_beyond_the_data() -> None:
    answer = plan(EPOCH, Budget(5.76e23))
    largest_n, largest_flops = 1.6183e10, 1.2956e22
    assert answer.extrapolation["n"] == pytest.approx(np.log10(answer.optimum.n / largest_n))
    assert answer.extrapolation["flops"] == pytest.approx(np.log10(5.76e23 / largest_flops))
    assert plan(EPOCH, Budget(1e21)).extrapolation == {"n": 0.0, "tokens": 0.0, "flops": 0.0}
    tiny = plan(EPOCH, Budget(1e16)).extrapolation["flops"]
    assert tiny is not None
    assert tiny < -2
    assert plan(MOE, Budget(1e21)).extrapolation["n"] is None


def test_time_and_money_where_the_budget_tells_them() -> None:
    budget = make_budget(gpus=512, gpu="h100-sxm", days=21, mfu=0.4, price=2.95)
    whole = plan(EPOCH, budget)
    assert whole.cost.days == pytest.approx(21)
    assert whole.cost.dollars == pytest.approx(512 * 21 * 24 * 2.95)
    assert whole.memory.gpu == "h100-sxm"
    capped = make_budget(gpus=512, gpu="h100-sxm", days=21, mfu=0.4, max_total_params=1e9, max_tokens=1e11)
    part = plan(EPOCH, capped)
    assert part.cost.days == pytest.approx(21 * 6e20 / budget.flops)
    assert any("of the budget" in warning for warning in part.warnings)
    assert plan(EPOCH, Budget(1e21)).cost.gpu_hours is None


def test_published_sets_have_no_interval_and_refits_give_one() -> None:
    bare = plan(EPOCH, Budget(1e21))
    assert bare.uncertainty is None
    assert "no joint uncertainty" in (bare.why_no_interval or "")
    own = laws.custom("hoffmann", **EPOCH.coefficients)
    assert "without the fit" in (plan(own, Budget(1e21)).why_no_interval or "")
    shifts = np.linspace(-1.0, 1.0, 41)[:, None]
    draws = np.array(list(own.coefficients.values())) + shifts * np.array([0.02, 0, 0, 0.004, 0])
    calibration = Calibration(noise=0.0, drift=0.0, factor=1.0, inflation=1.0, flops=1e22, held_out=9)
    sure = plan(own, Budget(1e21), ensemble=Ensemble(own, draws, calibration))
    assert sure.why_no_interval is None
    assert sure.uncertainty is not None
    replicates = [own.with_coefficients(dict(zip(own.coefficients, row, strict=True))) for row in draws]
    chosen = [optimum(law, Budget(1e21)).n for law in replicates]
    assert sure.uncertainty.n == pytest.approx((np.quantile(chosen, 0.025), np.quantile(chosen, 0.975)))
    assert sure.uncertainty.n[0] < sure.optimum.n < sure.uncertainty.n[1]
    spread = np.std([np.log(law.loss(sure.optimum.n, sure.optimum.tokens)) for law in replicates])
    half = np.log(sure.uncertainty.loss[1] / sure.optimum.loss)
    assert half == pytest.approx(1.96 * spread, rel=0.05)
    assert sure.recommendation is not None
    assert sure.recommendation.n == pytest.approx(sure.optimum.n, rel=0.1)


@pytest.mark.parametrize(
    ("law", "budget", "box", "words"),
    [
        (MOE, Budget(1e21), None, ["default largest sparsity chose", "transcription", "unknown"]),
        (MOE, Budget(1e21, sparsity=0.9), None, []),
        (MOE, Budget(1e21), Box(sparsity=(0.5, 0.5)), []),
        (laws.get("joint-moe"), Budget(1e21, max_sparsity=0.99), None, ["max_sparsity", "above 0.96875"]),
        (EPOCH, Budget(1e25), None, ["n is 1.", "tokens is 1.", "flops is 2.9 decades above the largest"]),
        (EPOCH, make_budget(gpus=8, days=1, mfu=0.9, gpu="h100-sxm"), None, ["MFU 0.9"]),
        (laws.get("frantar", "vit"), Budget(1e19), None, ["JFT-4B"]),
    ],
)
def test_doubts_are_spoken(law: Any, budget: Budget, box: Box | None, words: list[str]) -> None:
    warnings = plan(law, budget, box).warnings
    assert all(any(word in warning for warning in warnings) for word in words)
    if not words:
        assert not any("chose the sparsity" in warning for warning in warnings)


@pytest.mark.parametrize(
    "law", [laws.get(kind.family) for kind in laws.FAMILIES if kind.published()], ids=lambda law: law.family
)
def test_every_law_answers_in_plain_json(law: Any) -> None:
    record = plan(law, Budget(1e22)).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == json.loads(json.dumps(record))
    assert list(record["waste"]) == ["1%", "5%"]


def test_a_box_binds_the_answer_and_clashes_are_raised() -> None:
    assert plan(EPOCH, Budget(1e21), Box(n=(1e10, 1e11))).optimum.n == 1e10
    with pytest.raises(Infeasible, match="n lower bound of the space"):
        plan(EPOCH, Budget(1e21, max_total_params=1e9), Box(n=(1e10, 1e11)))


def test_training_memory_against_a_published_model_of_it(shared: Path) -> None:
    with (shared / "facts" / "memory_steptime_oracle.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["what"] == "memory GiB/GPU"]
    assert rows
    for row in rows:
        hidden, layers, shards = int(row["hidden"]), int(row["layers"]), int(row["tp"]) * int(row["pp"])
        gib = memory(12 * hidden**2 * layers).gigabytes * 1e9 / 2**30 / shards
        assert gib == pytest.approx(float(row["calculon"]), rel=0.07), "without embeddings, as modelled there"
        assert gib <= float(row["profiled_params_opt_GiB_or_s"])


def test_accelerators_that_hold_the_training_state() -> None:
    assert memory(70e9, accelerator("h100-sxm")).min_gpus == 14
    assert memory(1e6, accelerator("h100-sxm")).min_gpus == 1
    assert memory(70e9).min_gpus is None


def test_planning_starts_without_heavy_libraries() -> None:
    heavy = ["ray", "sklearn", "matplotlib", "skopt", "pandas", "scipy", "ConfigSpace", "pydantic"]
    code = f"import sys, objectives.plan; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
