"""MMLU as an objective: exact counts, the best of every shape there is, mixtures only by an assumption."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from objectives import laws
from objectives.budget import Budget
from objectives.capability.mixtures import MoEAs, dense_equivalent
from objectives.capability.objective import PerformanceObjective
from objectives.objective import TrialFailed
from search import make_engine
from spaces.architecture_space import CHOICES, FFN_RATIO, HEAD_DIMS, architecture_space
from spaces.configs import Config, Configs

LAW = laws.get("performance")
BUDGET = Budget(1e23, max_tokens=15e12)
LLAMA_3_8B = {"layers": 32, "d_model": 4096, "n_heads": 32, "n_kv_heads": 8, "d_ff": 14336, "vocab": 128256}
MIXTRAL: Config = {
    **{"kind": "moe", "layers": 32, "d_model": 4096, "n_heads": 32, "n_kv_heads": 8, "vocab": 32000},
    **{"experts": 8, "top_k": 2, "d_ff_expert": 14336, "shared_experts": 0},
}


def every_dense_shape() -> Iterator[Config]:
    """All of the `architecture` space's dense shapes."""
    names = ("layers", "d_model", "n_heads", "n_kv_heads", "d_ff")
    for values in itertools.product(*(CHOICES[name] for name in names)):
        shape = dict(zip(names, values, strict=True))
        if (
            shape["d_model"] % shape["n_heads"] == 0
            and shape["d_model"] // shape["n_heads"] in HEAD_DIMS
            and shape["n_heads"] % shape["n_kv_heads"] == 0
            and FFN_RATIO[0] <= shape["d_ff"] / shape["d_model"] <= FFN_RATIO[1]
        ):
            yield {"kind": "dense", "vocab": 128256, **shape}


def test_a_real_shape_is_counted_exactly_and_spends_the_budget() -> None:
    found = PerformanceObjective(LAW, BUDGET).evaluate(LLAMA_3_8B, seed=0)
    assert found["n_total"] == 8030261248
    assert found["flops"] == pytest.approx(1e23)
    expected = LAW.mmlu(32, 4096, 14336, found["tokens"], 8030261248)
    assert found["mmlu"] == pytest.approx(expected.item())
    assert found["mmlu"] + found["mmlu_error"] == 100


def test_no_tokens_are_bought_beyond_saturation() -> None:
    found = PerformanceObjective(LAW, Budget(1e26)).evaluate(LLAMA_3_8B, seed=0)
    assert found["tokens"] == 1000 * found["n_total"]
    assert found["flops"] < 1e26


def test_reaching_a_score_costs_the_tokens_it_takes() -> None:
    objective = PerformanceObjective(LAW, BUDGET, min_mmlu=60.0)
    found = objective.evaluate(LLAMA_3_8B, seed=0)
    assert objective.metric == "flops"
    assert found["mmlu"] == pytest.approx(60.0)
    with pytest.raises(TrialFailed):
        PerformanceObjective(LAW, BUDGET, min_mmlu=90.0).evaluate(LLAMA_3_8B, seed=0)


def test_a_search_finds_the_best_of_all_shapes() -> None:
    objective = PerformanceObjective(LAW, BUDGET)
    shapes = Configs.from_rows(every_dense_shape())
    values = np.where(objective.feasible(shapes), objective.evaluate_many(shapes)[objective.metric], np.inf)
    engine = make_engine("native", architecture_space("dense"), seed=0, constraint=objective.feasible)
    for _ in range(30):
        (suggestion,) = engine.ask(1)
        found = objective.evaluate(suggestion.config, seed=0)
        engine.tell(suggestion, found[objective.metric])
    best = engine.best()
    assert best is not None
    assert best.value == pytest.approx(values.min(), rel=2e-3)


def test_a_loss_law_stands_beside_the_score_with_the_same_tokens() -> None:
    hoffmann = laws.get("hoffmann")
    found = PerformanceObjective(LAW, BUDGET, loss_law=hoffmann).evaluate(LLAMA_3_8B, seed=0)
    assert found["loss"] == pytest.approx(float(hoffmann.loss(8030261248, found["tokens"])))
    assert "loss" not in PerformanceObjective(LAW, BUDGET).evaluate(LLAMA_3_8B, seed=0)


def test_caps_and_scores_out_of_reach_are_infeasible() -> None:
    shapes = Configs.from_rows([LLAMA_3_8B])
    assert PerformanceObjective(LAW, BUDGET).feasible(shapes).all()
    assert not PerformanceObjective(LAW, Budget(1e23, max_total_params=8e9)).feasible(shapes).any()
    assert not PerformanceObjective(LAW, BUDGET, min_mmlu=80.0).feasible(shapes).any()


def test_a_mixture_has_no_score_unless_an_assumption_is_named() -> None:
    plain = PerformanceObjective(LAW, BUDGET)
    assert not plain.feasible(Configs.from_rows([MIXTRAL])).any()
    assert [mistake.field for mistake in plain.unsuitable(MIXTRAL)] == ["space.kinds"]
    assumed = PerformanceObjective(LAW, BUDGET, moe_as=MoEAs.EFFECTIVE_DENSE_SIZE)
    found = assumed.evaluate(MIXTRAL, seed=0)
    ffn, size = dense_equivalent(32, 4096, 2 * 14336, found["n_total"], found["n_active"])
    assert size == pytest.approx(np.sqrt(found["n_total"] * found["n_active"]))
    assert found["mmlu"] == pytest.approx(LAW.mmlu(32, 4096, ffn, found["tokens"], size).item())
    assert assumed.unsuitable(MIXTRAL) == []


def test_a_dense_model_is_its_own_equivalent() -> None:
    ffn, size = dense_equivalent(32, 4096, 14336, 8030261248, 8030261248)
    assert (ffn.item(), size.item()) == (14336, 8030261248)


def test_a_space_the_objective_cannot_use_is_refused() -> None:
    objective = PerformanceObjective(LAW, Budget(1e23, max_sparsity=0.5))
    fields = [mistake.field for mistake in objective.unsuitable(["layers", "d_model", "depth"])]
    assert fields == ["space.depth", "space.n_heads", "space.vocab", "budget.max_sparsity"]
