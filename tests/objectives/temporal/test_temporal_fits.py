"""Fits of the position law and of the curves over tokens find what was put in."""

import numpy as np
import pytest

from objectives.temporal.curve_fit import fit_curves
from objectives.temporal.families import FAMILIES, PAPER
from objectives.temporal.history import History
from objectives.temporal.position import PositionLaw
from objectives.temporal.position_fit import fit_positions

POSITIONS = np.arange(1.0, 257.0)


def history(coefficients: np.ndarray, noise: float = 0.0, first: int = 1) -> History:
    law = PositionLaw.of(coefficients[:, None, :])
    losses = law.loss(POSITIONS - 1 + first)
    losses = losses + noise * np.random.default_rng(0).standard_normal(losses.shape)
    return History("made", np.geomspace(1e5, 1e7, len(losses)), POSITIONS, losses)


def test_every_checkpoint_gets_back_its_own_coefficients() -> None:
    wanted = np.stack([np.linspace(4, 1, 9), np.geomspace(0.002, 5, 9), np.linspace(3, 2, 9)], axis=1)
    fits = fit_positions(history(wanted))
    assert np.allclose(fits.coefficients, wanted, rtol=1e-6)
    assert np.all(fits.r2 > 1 - 1e-12)
    assert np.allclose(fits.law.mean(256), history(wanted).mean, rtol=1e-12)


@pytest.mark.parametrize("first", [0, 1])
def test_noise_moves_coefficients_within_their_standard_errors(first: int) -> None:
    wanted = np.tile([1.5, 0.08, 2.0], (200, 1))
    fits = fit_positions(history(wanted, noise=0.05, first=first), first)
    standard = (fits.coefficients - wanted) / fits.errors
    assert np.all(np.abs(standard.mean(axis=0)) < 0.3)
    assert np.all(np.abs(standard.std(axis=0) - 1) < 0.25)


def test_the_fitted_curve_does_not_depend_on_where_positions_start() -> None:
    noisy = history(np.tile([1.5, 0.08, 2.0], (3, 1)), noise=0.05)
    one, zero = fit_positions(noisy, 1), fit_positions(noisy, 0)
    assert np.allclose(one.curves, zero.curves, rtol=1e-7)
    assert np.allclose(one.law.counted_from(1, 0).a1, zero.coefficients[:, 1], rtol=1e-4)


def test_flat_losses_have_a_fit_that_explains_nothing() -> None:
    fits = fit_positions(history(np.tile([0.0, 0.1, 3.0], (4, 1)), noise=0.05))
    assert np.all(fits.r2 < 0.1)
    assert np.allclose(fits.law.mean(256), 3.0, atol=0.02)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_family_is_found_again_below_every_cut(name: str) -> None:
    family, t = FAMILIES[name], np.geomspace(0.02, 1, 40)
    decay = np.clip((t - 0.2) / 0.8, 0, 1)
    c = float(np.mean(family.grid))
    wanted = np.where(family.free, [2.0, 0.7, c, -0.3], [2.0, 0.0, c, 0.0])
    values = family.value(wanted[None], t, decay)[0]
    weights = np.stack([t <= 1.0, t <= 0.6]).astype(float)
    found = fit_curves(family, t, decay, values, weights)
    assert np.allclose(family.value(found, t, decay), values, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_the_gradient_of_a_family_is_its_own(name: str) -> None:
    family, t, decay = FAMILIES[name], np.geomspace(0.01, 2, 9), np.linspace(0, 1, 9)
    theta, step = np.array([[2.0, 0.7, 0.8, -0.3]]), 1e-6
    numeric = [
        (family.value(theta + step * unit, t, decay) - family.value(theta - step * unit, t, decay))
        / (2 * step)
        for unit in np.eye(4)
    ]
    assert np.allclose(family.gradient(theta, t, decay), np.stack(numeric, axis=-1), atol=1e-8)


def test_the_effect_of_a_decay_that_was_not_seen_is_nothing_unless_told() -> None:
    family, t = FAMILIES["power+decay"], np.geomspace(0.02, 1, 30)
    decay = np.where(t > 0.8, 1.0, 0.0)
    values = 2 + 0.5 * t**-0.3 - 0.2 * decay
    before = (t < 0.8)[None].astype(float)
    assert fit_curves(family, t, decay, values, before)[0, 3] == 0.0
    told = fit_curves(family, t, decay, values, before, held_decay=-0.2)
    assert np.allclose(family.value(told, t, decay)[0], values, atol=1e-4)


def test_the_paper_s_words_name_families_that_exist() -> None:
    assert set(PAPER.values()) <= set(FAMILIES)
