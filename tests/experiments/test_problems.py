"""The benchmark problems: what is said of their optima holds."""

from collections.abc import Callable
from math import pi
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks import problems_architecture, problems_bbob, problems_tables
from experiments.benchmarks.peers.inside.barrier import amount
from experiments.benchmarks.problems import Problem, branin, law_1e21
from experiments.benchmarks.problems_conditional import recipe
from experiments.benchmarks.problems_continuous import (
    ackley,
    failing_branin,
    failing_hartmann,
    noisy,
    rosenbrock,
)
from spaces.configs import Configs
from spaces.encoding import Encoder

RECIPE = {"optimizer": "adamw", "lr": 1e-3, "one_minus_beta2": 0.01, "layers": 16, "width": 1024}
BRANIN = ({"x": pi, "y": 2.275}, {"x": -pi, "y": 12.275}, {"x": 3 * pi, "y": 2.475})


def test_known_optima_are_attained_where_they_are_said_to_be() -> None:
    assert ackley().value({f"x{j}": 0.0 for j in range(10)}) == pytest.approx(0.0, abs=1e-14)
    ones = {f"x{j}": 1.0 for j in range(6)}
    assert rosenbrock().value(ones) == 0.0
    assert _allowed(rosenbrock(), ones)
    assert recipe().value({**RECIPE, "norm": "pre", "warmup": 0.1}) == pytest.approx(0.0, abs=1e-15)
    assert not any(failing_branin().fails(best) for best in BRANIN)  # type: ignore[misc]


@pytest.mark.parametrize("make", [law_1e21, rosenbrock])
def test_the_expression_of_a_constraint_agrees_with_the_constraint(make: Callable[[], Problem]) -> None:
    problem, space = make(), make().space()
    space.seed(0)
    configs = [dict(config) for config in space.sample_configuration(300)]
    assert problem.excess is not None
    excess = amount(problem.excess)
    allowed = [_allowed(problem, config) for config in configs]
    assert [excess(config) <= 0 for config in configs] == allowed
    assert 0 < sum(allowed) < 300


def test_noise_is_the_same_for_every_program_and_differs_between_evaluations() -> None:
    problem, config = noisy(branin()), BRANIN[0]
    first, second = problem.observe(config, 3, 1), problem.observe(config, 3, 2)
    assert first == problem.observe(config, 3, 1) != second
    assert branin().observe(config, 3, 1) == branin().value(config)


def test_failing_problems_have_values_at_their_optimum_only() -> None:
    assert failing_branin().observe(BRANIN[0], 0, 0) == pytest.approx(failing_branin().optimum)
    assert failing_branin().observe({"x": 10.0, "y": 15.0}, 0, 0) is None
    assert failing_hartmann().observe({f"x{j}": 0.9 for j in range(6)}, 0, 0) is None


@pytest.mark.parametrize("name", ["architecture_loss", "architecture_mmlu"])
def test_no_random_shape_beats_the_best_of_all_shapes(name: str) -> None:
    problem = getattr(problems_architecture, name)()
    space = problem.space()
    space.seed(1)
    configs = [dict(config) for config in space.sample_configuration(200)]
    feasible = problem.constraint(Configs.from_rows(configs))
    values = [problem.value(config) for config, ok in zip(configs, feasible, strict=True) if ok]
    assert problem.optimum < min(values) < problem.optimum * 1.2


def test_a_table_of_runs_answers_its_own_cells(shared: Path) -> None:
    folder = shared / "data" / "steplaw"
    problem = problems_tables.tuning("dense", 0, folder)
    assert problem.observe({"lr": 0.5, "bs": 32}, 0, 0) is None
    encoder = Encoder(problem.space())
    cells = encoder.decode_many(encoder.every())
    values = [problem.observe(cell, 0, 0) for cell in cells]
    assert min(value for value in values if value is not None) == problem.optimum
    assert len(problems_tables.model_and_recipe("moe", folder).space()) == 3


@pytest.mark.skipif(not problems_bbob.available(), reason="needs coco-experiment in .venv-peers-coco")
def test_coco_answers_over_the_pipe() -> None:
    problem = problems_bbob.bbob(1, 5, 1)
    values = [problem.value({f"x{j}": x for j in range(5)}) for x in (-1.0, 0.0, 1.0)]
    assert problem.optimum < min(values)
    first, middle, last = values
    assert first + last - 2 * middle == pytest.approx(10.0)  # the sphere: second difference 2 in each of five


def _allowed(problem: Problem, config: dict[str, float]) -> bool:
    assert problem.constraint is not None
    return bool(np.all(problem.constraint(Configs.from_rows([config]))))
