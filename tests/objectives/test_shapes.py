"""The architecture space meets the counting, and a law meets both."""

from typing import Any

import numpy as np
import pytest

from objectives import laws
from objectives.architecture_objective import ArchitectureObjective
from objectives.budget import make_budget
from objectives.models import models
from objectives.shapes import ShapeTable, from_config
from spaces.architecture_space import architecture_space
from spaces.configs import Config, Configs
from spaces.encoding import Encoder
from spaces.errors import BadInput

LLAMA_3_8B: Config = {
    "kind": "dense",
    "layers": 32,
    "d_model": 4096,
    "n_heads": 32,
    "n_kv_heads": 8,
    "d_ff": 14336,
    "vocab": 128256,
}
MIXTRAL: Config = {
    "kind": "moe",
    "layers": 32,
    "d_model": 4096,
    "n_heads": 32,
    "n_kv_heads": 8,
    "experts": 8,
    "top_k": 2,
    "d_ff_expert": 14336,
    "shared_experts": 0,
    "vocab": 32000,
}


@pytest.mark.parametrize(("config", "name"), [(LLAMA_3_8B, "Llama-3-8B"), (MIXTRAL, "Mixtral-8x7B")])
def test_a_published_shape_as_a_configuration_is_that_model(config: Config, name: str) -> None:
    published = next(model for model in models() if model.name == name)
    assert from_config(config).counts() == published.architecture.counts()


def test_a_table_of_random_shapes_counts_like_one_configuration_at_a_time() -> None:
    encoder = Encoder(architecture_space())
    configs = encoder.decode_many(encoder.random(200, np.random.default_rng(0)))
    table = ShapeTable.of(configs, sequence=4096)
    for i, config in enumerate(configs):
        architecture = from_config(config)
        assert table.total[i] == architecture.counts().total
        assert table.active[i] == architecture.counts().active
        assert table.non_embedding[i] == architecture.counts().non_embedding
        assert table.flops_per_token[i] == architecture.flops_per_token(4096)


def test_missing_or_impossible_dimensions_are_all_named() -> None:
    with pytest.raises(BadInput) as caught:
        from_config({"layers": 2, "d_model": -1, "n_heads": 2.5, "d_ff": 8})
    assert {mistake.field for mistake in caught.value.mistakes} == {"d_model", "n_heads", "vocab"}


def objective(law: str = "generalized", coefficients: str = "moe", **budget: Any) -> ArchitectureObjective:
    return ArchitectureObjective(laws.get(law, coefficients), make_budget(flops=1e21, **budget))


def test_the_budget_pays_for_the_exact_flops_of_the_shape() -> None:
    metrics = objective().evaluate(MIXTRAL, seed=0)
    per_token = from_config(MIXTRAL).flops_per_token(4096)
    assert metrics["tokens"] == pytest.approx(1e21 / per_token, rel=1e-15)
    assert metrics["flops"] == pytest.approx(1e21, rel=1e-15)
    assert metrics["n_active"] == 12_879_925_248
    law = laws.get("generalized", "moe")
    assert metrics["loss"] == law.loss(metrics["n_active"], metrics["tokens"], metrics["sparsity"])


def test_caps_hold_before_evaluation() -> None:
    configs = Configs.from_rows([LLAMA_3_8B, MIXTRAL])
    assert objective().feasible(configs).tolist() == [True, True]
    assert objective(max_total_params=1e10).feasible(configs).tolist() == [True, False]
    assert objective(max_sparsity=0.5).feasible(configs).tolist() == [True, False]
    assert objective(max_tokens=1e9).evaluate(LLAMA_3_8B, seed=0)["tokens"] == 1e9


def test_a_dense_law_has_no_use_for_mixtures() -> None:
    dense = objective("hoffmann", "epoch")
    assert dense.feasible(Configs.from_rows([LLAMA_3_8B, MIXTRAL])).tolist() == [True, False]
    assert [mistake.field for mistake in dense.unsuitable(list(architecture_space()))] == ["space.kinds"]
    assert dense.unsuitable(list(architecture_space("dense"))) == []


def test_parameters_that_are_no_dimension_and_dimensions_that_are_missing_are_named() -> None:
    fields = {mistake.field for mistake in objective().unsuitable(["layers", "d_model", "n_heads", "lr"])}
    assert fields == {"space.lr", "space.vocab"}


def test_a_fixed_sparsity_is_refused_for_shapes_are_discrete() -> None:
    fields = [mistake.field for mistake in objective(sparsity=0.5).unsuitable(["kind", *MIXTRAL])]
    assert fields == ["budget.sparsity"]


def test_a_cap_on_tokens_holds_for_a_law_of_fixed_tokens_too() -> None:
    rows = Configs.from_rows([MIXTRAL])
    law = laws.get("clark", "s-base")  # every run behind it saw 1.3e11 tokens
    for cap, allowed in ((2e11, True), (3e10, False)):
        capped = ArchitectureObjective(law, make_budget(flops=1e23, max_tokens=cap))
        assert capped.feasible(rows).tolist() == [allowed]
