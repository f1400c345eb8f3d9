"""Published fits of real runs: the objective first, then what it predicts."""

from pathlib import Path

import numpy as np
import pytest

from experiments import real_runs
from objectives import laws
from objectives.fit.estimation import Estimation, Residual
from objectives.fit.fitting import Solution, solve
from objectives.fit.forms import form_of
from objectives.fit.losses import Huber, LeastSquares, Loss
from objectives.laws.law import Count
from objectives.runs import Runs

SEEDS = (0, 1, 2)


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


def best(law: str, runs: Runs, loss: Loss | None = None, seed: int = 0, **options: object) -> Solution:
    count = runs.count or Count.TOTAL
    return solve(Estimation(form_of(law), runs, loss or Huber(), count=count, **options), seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_chinchilla_without_its_five_highest_losses(data: Path, seed: int) -> None:
    """Besiroglu et al. 2024; the optimum as recomputed in related-laws.md, section 3."""
    solution = best("hoffmann", real_runs.chinchilla(data, drop=5), seed=seed)
    assert solution.objective <= 1.018274019e-3
    found = solution.coefficients
    assert found["e"] == pytest.approx(1.8172, abs=1e-3)
    assert found["alpha"] == pytest.approx(0.3473, abs=1e-3)
    assert found["beta"] == pytest.approx(0.3672, abs=1e-3)
    assert found["a"] == pytest.approx(477.83, rel=1e-4)
    assert found["b"] == pytest.approx(2143.4, rel=1e-4)
    assert solution.reached >= 12


@pytest.mark.parametrize("seed", SEEDS)
def test_chinchilla_with_all_its_runs(data: Path, seed: int) -> None:
    solution = best("hoffmann", real_runs.chinchilla(data), seed=seed)
    assert solution.objective == pytest.approx(1.82601e-3, abs=5e-9)
    assert solution.coefficients["e"] == pytest.approx(1.8913, abs=1e-4)
    assert solution.coefficients["beta"] == pytest.approx(0.45305, abs=1e-4)


def test_skaling_on_chinchillas_runs(data: Path) -> None:
    """related-laws.md, section 23: k .774, e 1.757, alpha .424, beta .431, objective 9.5418e-4."""
    solution = best("coupled", real_runs.chinchilla(data, drop=5))
    assert solution.objective == pytest.approx(9.5418e-4, abs=5e-9)
    assert solution.coefficients["k"] == pytest.approx(0.774, abs=1e-3)
    assert solution.coefficients["e"] == pytest.approx(1.757, abs=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0 / 240, 1e6])
def test_an_averaged_or_reweighted_objective_has_the_same_optimum(data: Path, scale: float) -> None:
    """The first fit of these runs averaged the losses, and its optimiser stopped early."""
    from objectives.fit.fitting import polish
    from objectives.fit.starts import starts

    estimation = Estimation(form_of("hoffmann"), real_runs.chinchilla(data, drop=5))
    start = starts(estimation, 12, 0)
    plain = polish(estimation, start)
    scaled = polish(estimation, start, np.full(240, scale))
    np.testing.assert_allclose(scaled.theta, plain.theta, rtol=1e-7)
    assert scaled.objective == pytest.approx(scale * plain.objective, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_pruned_vision_transformers(data: Path, seed: int) -> None:
    """Frantar et al. 2023: raw residuals, delta 0.01, averaged over 112 runs."""
    runs = real_runs.pruned_vit(data)
    solution = best("frantar", runs, Huber(0.01), seed, residual=Residual.RAW)
    assert solution.objective / len(runs) == pytest.approx(4.929088e-4, abs=5e-11)
    published = laws.get("frantar", "vit").coefficients
    assert solution.coefficients == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_pruned_t5_below_the_published_optimum(data: Path, seed: int) -> None:
    """The published coefficients are a local optimum of the authors' own objective, 7.6036e-6."""
    runs = real_runs.pruned_t5(data)
    estimation = Estimation(form_of("frantar"), runs, count=Count.NONZERO)
    there = estimation.coordinates(laws.get("frantar", "t5").coefficients)
    assert estimation.objective(there)[0] / len(runs) == pytest.approx(7.6036e-6, rel=1e-3)
    assert best("frantar", runs, seed=seed).objective / len(runs) <= 4.8802e-6


@pytest.mark.parametrize(("router", "published"), [("S-Base", 0.0038), ("RL-R", 0.0081), ("Hash", 0.0055)])
def test_routed_models(data: Path, router: str, published: float) -> None:
    """Clark et al. 2022: RMSE of log10 loss; the published coefficients' own is the second number."""
    runs = real_runs.routed(data, router)
    errors = best("clark", runs, LeastSquares()).log_errors / np.log(10)
    assert np.sqrt(np.mean(errors**2)) < 0.0034
    theirs = np.log10(laws.get("clark", router.lower()).loss(*runs.inputs) / runs.loss)
    assert np.sqrt(np.mean(theirs**2)) == pytest.approx(published, abs=5e-4)


def test_the_olmo_ladders_first_step(data: Path) -> None:
    """Bhagia et al. 2024: sixteen runs up to 1.3B, losses averaged over the last five checkpoints."""
    sizes, lengths = ("190M", "370M", "760M", "1B"), ("1xC", "2xC", "5xC", "10xC")
    solution = best("hoffmann", real_runs.ladder(data, "ce_c4_en", sizes, lengths))
    assert len(solution.estimation.runs) == 16
    predicted = float(solution.law().loss(13202396160, 5.000088518656e12))
    assert predicted == pytest.approx(2.34438735, abs=2e-6)
    measured = 2.437876033782959
    assert predicted / measured - 1 == pytest.approx(-0.038, abs=5e-4)


def test_repeated_data_with_the_base_law_held(data: Path) -> None:
    """Muennighoff et al. 2023 report 0.0158259 for their 182 runs; held at their base law we get below it."""
    runs = real_runs.repeated(data)
    published = laws.get("data-constrained").coefficients
    base = {name: value for name, value in published.items() if not name.startswith("r_")}
    estimation = Estimation(form_of("data-constrained"), runs, held=base)
    theirs = float(estimation.objective(estimation.coordinates(published))[0])
    held = solve(estimation)
    assert held.objective <= min(theirs, 0.0158259)
    assert held.objective == pytest.approx(0.0158113, rel=1e-4)
    free = best("data-constrained", runs)
    assert free.objective < 0.5 * held.objective
