"""The initial design: the default configuration, points about it, and elsewhere if those are forbidden."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, OrdinalHyperparameter

from search import make_engine
from search.initial_design import share_of_box
from spaces.configs import Configs


def test_share_of_the_box() -> None:
    """sqrt(log(n) / d), and never more than all of it."""
    assert share_of_box(3, 1) == 1.0
    assert share_of_box(12, 10) == pytest.approx(np.sqrt(np.log(12) / 10))


def test_the_default_comes_first_and_the_design_stands_about_it() -> None:
    space = ConfigurationSpace(
        space=[
            *(Float(f"x{j}", (0.0, 1.0), default=0.4) for j in range(10)),
            Categorical("kind", ["a", "b"], default="b"),
            OrdinalHyperparameter("size", [1, 2, 4]),
        ]
    )
    first, *others = (suggestion.config for suggestion in make_engine("native", space, seed=1).ask(14))
    assert first == pytest.approx({**{f"x{j}": 0.4 for j in range(10)}, "kind": "b", "size": 2})
    cells = np.array([[config[f"x{j}"] for j in range(10)] for config in others], dtype=np.float64)
    share = share_of_box(14, 12)
    assert cells.min() >= 0.4 * (1.0 - share)
    assert cells.max() <= 0.4 + 0.6 * share
    assert len({config["kind"] for config in others}) == 2


def test_a_constraint_that_forbids_the_middle_gets_points_of_the_whole_space() -> None:
    space = ConfigurationSpace({f"x{j}": (0.0, 1.0) for j in range(6)})

    def corner(configs: Configs) -> np.ndarray:
        return np.asarray(configs["x0"], dtype=np.float64) > 0.97

    configs = [suggestion.config for suggestion in make_engine("native", space, constraint=corner).ask(8)]
    assert np.all(corner(Configs.from_rows(configs)))
