"""Fixtures every test may use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from objectives import laws
from objectives.runs import Runs

# How long an example takes fails no property: machines are busy.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and facts beside the checkout; tests that need it skip by name without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder ../shared (real training runs and facts) beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """One Ray cluster with four logical CPUs for the whole run; backends made meanwhile join it."""
    import ray

    from runners.backends.ray_backend import connect

    connect("local", 4)
    yield
    ray.shutdown()


@pytest.fixture
def disconnected(ray_cluster: None) -> Iterator[None]:
    """No connection to the cluster of the other tests; they get a new one."""
    import ray

    from runners.backends.ray_backend import connect

    ray.shutdown()
    yield
    ray.shutdown()
    connect("local", 4)


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option to write golden files again after a change that is meant."""
    parser.addoption("--update-golden", action="store_true", help="write golden files again")


@pytest.fixture(scope="session")
def make_runs() -> Callable[..., Runs]:
    """A maker of runs with a known law, Epoch's, and a known noise."""

    def make(*, noise: float = 0.005, sides: int = 8, seed: int = 0) -> Runs:
        grid = np.meshgrid(np.geomspace(3e7, 3e9, sides), np.geomspace(1e9, 1e11, sides))
        n, d = (column.ravel() for column in grid)
        error = noise * np.random.default_rng(seed).standard_normal(n.size)
        loss = laws.get("hoffmann", "epoch").loss(n, d) * np.exp(error)
        return Runs(n, d, np.zeros(n.size), loss, source="synthetic")

    return make
