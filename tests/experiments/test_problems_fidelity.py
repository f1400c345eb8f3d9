"""Problems with a fidelity: their least values at the target, real trainings by their token counts."""

from pathlib import Path

import pytest

from experiments.benchmarks.problems_fidelity import FUNCTIONS, Problem, tables

BRANIN = {"x": 3.141592653589793, "y": 2.275}
BEST = 0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054
HARTMANN = {f"x{n}": value for n, value in enumerate(BEST)}
RECIPE = {f"x{n}": 0.3 + 0.08 * n for n in range(6)}
OPTIMA = {"Branin": BRANIN, "Hartmann-6": HARTMANN, "training": {"rate": 0.5, "width": 0.6}, "recipe": RECIPE}


@pytest.mark.parametrize("problem", FUNCTIONS, ids=lambda problem: problem.name)
def test_the_least_value_is_that_of_the_target(problem: Problem) -> None:
    point = OPTIMA[problem.name.split(",")[0]]
    assert problem.value({**point, "z": 1.0}) == pytest.approx(problem.least, abs=1e-6)
    assert problem.value({**point, "z": 0.3}) != pytest.approx(problem.least, abs=1e-3)


def test_trainings_of_too_few_tokens_stand_for_those_up_to_the_next_count(shared: Path) -> None:
    first = tables(shared / "data" / "steplaw")[0]
    assert first.cheapest == 0.04  # 4 of 100 billion tokens
    cell = {"lr": 0.001381, "bs": 256}
    values = {z: first.value({**cell, "z": z}) for z in (0.04, 0.11, 0.114, 1.0)}
    assert values[0.04] == values[0.11]
    assert values[0.11] != values[0.114]
    assert first.value({"lr": 0.0221, "bs": 128, "z": 1.0}) is None  # was not trained
