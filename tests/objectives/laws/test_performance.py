"""The Performance Law against the author's numbers, its traps, and central differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.law_choice import choose_law
from objectives.laws.performance import INPUTS, Performance
from objectives.laws.score_link import Link
from spaces.errors import BadInput

LAW = laws.get("performance")
POINTS = (
    (32, 4096, 11008, 2, 6.74, 1, 58.0322),
    (32, 4096, 14336, 15, 8.03, 1, 65.4544),
    (80, 8192, 28672, 15, 70.6, 1, 81.0910),
    (126, 16384, 53248, 15.6, 405, 1, 87.8491),
    (24, 1024, 2816, 3, 0.62, 1, 42.8347),
    (24, 2048, 8192, 18, 2.5, 1, 54.5353),
    (96, 12288, 49152, 0.3, 175, 1, 62.7106),
    (96, 12288, 49152, 0.3, 175, 2, 60.9407),
)
"""Layers, hidden, FFN, trillions of tokens, billions of parameters, precision; MMLU computed elsewhere."""
POSITIVE = {
    "layers": st.integers(2, 200),
    "hidden": st.integers(256, 20_000),
    "ffn": st.integers(512, 80_000),
    "tokens": st.floats(1e9, 1e14),
    "n_total": st.floats(1e7, 1e13),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_published_point_comes_out_to_four_decimals(point: tuple[float, ...]) -> None:
    layers, hidden, ffn, tokens, size, precision, mmlu = point
    assert round(LAW.mmlu(layers, hidden, ffn, tokens * 1e12, size * 1e9, precision).item(), 4) == mmlu


def test_the_inputs_have_the_names_of_the_contract_and_broadcast() -> None:
    found = LAW.mmlu(layers=80, hidden=8192, ffn=28672, tokens=15e12, n_total=70.6e9)
    assert round(float(found), 4) == 81.0910
    assert LAW.mmlu(np.array([[20], [80]]), 8192, np.array([16384, 28672, 32768]), 1e12, 7e10).shape == (2, 3)


def test_u_has_fraction_bars_and_the_weight_of_all_four_logarithms() -> None:
    shallow, deep = (LAW.raw(n, 4096, 11008, 2e12, 7e9).item() for n in (20, 100))
    log_u = [-(((10 / 11008 + 20 / 4096) * n) ** 2) for n in (20, 100)]
    expected = 13.95018192 * math.log(5) + 19.09368506 * (log_u[1] - log_u[0])
    assert deep - shallow == pytest.approx(expected, abs=1e-9)


def test_tokens_saturate_at_a_thousand_for_each_parameter() -> None:
    at, beyond = (LAW.mmlu(24, 2048, 8192, tokens, 2.5e9).item() for tokens in (2.5e12, 18e12))
    assert at == beyond
    assert LAW.mmlu(24, 2048, 8192, 2.4e12, 2.5e9) < at


def test_a_wider_ffn_alone_lowers_the_prediction_where_u_is_near_one() -> None:
    assert LAW.mmlu(4, 8192, 28672, 1e12, 7e9) < LAW.mmlu(4, 8192, 16384, 1e12, 7e9)


@pytest.mark.parametrize(("hidden", "ffn", "layers"), [(4096, 11008, 104), (8192, 28672, 217)])
def test_the_best_depth_is_published_and_beats_its_neighbours(hidden: int, ffn: int, layers: int) -> None:
    assert round(LAW.best_depth(hidden, ffn).item()) == layers
    depths = np.arange(10, 400)
    assert depths[np.argmax(LAW.raw(depths, hidden, ffn, 1e12, 1e12))] == layers


def test_coefficients_without_a_best_depth_say_so() -> None:
    assert Performance(1.0, -1.0, -1.0, 0.5, 0.0).best_depth(4096, 11008) == np.inf
    assert Performance(-1.0, 1.0, 1.0, 0.5, 0.0).best_depth(4096, 11008) == 0.0


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(-3, 25), (24.9, 25), (70, 70), (90, 90), (95, 94.621172), (100, 97.615942), (120, 99.950548)],
)  # fmt: skip
def test_the_sum_is_kept_between_chance_and_a_hundred(raw: float, shown: float) -> None:
    score = Link.CLIPPED.score(np.asarray(raw))
    assert round(score.item(), 6) == shown
    if raw > 25:
        assert Link.CLIPPED.raw(score).item() == pytest.approx(raw, rel=1e-9)


@pytest.mark.parametrize("link", Link)
@given(raw=st.floats(-100, 130).filter(lambda x: min(abs(x - 25), abs(x - 90)) > 1e-3))
def test_the_slope_of_a_link_is_its_derivative(link: Link, raw: float) -> None:
    step = 1e-5
    numeric = (link.score(np.asarray(raw + step)) - link.score(np.asarray(raw - step))) / (2 * step)
    assert link.slope(np.asarray(raw)).item() == pytest.approx(numeric.item(), abs=1e-5)


@given(raw=st.floats(-15, 15))
def test_the_logistic_link_is_undone(raw: float) -> None:
    assert Link.LOGISTIC.raw(Link.LOGISTIC.score(np.asarray(raw))).item() == pytest.approx(raw, abs=1e-6)


@given(**POSITIVE)
def test_gradients_agree_with_central_differences(**point: float) -> None:
    if abs(point["tokens"] / 1000 / point["n_total"] - 1) < 1e-3:
        return  # the kink of saturation
    raw, analytic = LAW.raw(**point), LAW.gradient(**point)
    if min(abs(raw - 25), abs(raw - 90)) < 0.1:
        return  # the kinks of the adjustment
    for index, name in enumerate(INPUTS):
        step = 1e-5 * point[name]
        up, down = (LAW.mmlu(**{**point, name: point[name] + sign * step}) for sign in (1, -1))
        assert analytic[index] * step == pytest.approx((up - down) / 2, abs=2e-9, rel=1e-4)


@given(**POSITIVE)
def test_coefficient_gradients_are_exact_since_the_sum_is_linear(**point: float) -> None:
    slopes = LAW.coefficient_gradient(**point)
    raw = LAW.raw(**point)
    if 25 < raw < 90:
        assert slopes @ list(LAW.coefficients.values()) == pytest.approx(raw.item(), rel=1e-12)
    elif raw < 25:
        assert not slopes.any()


@given(**POSITIVE, target=st.floats(25.5, 99.0))
def test_the_tokens_for_a_score_reach_it_and_no_fewer_do(target: float, **point: float) -> None:
    del point["tokens"]
    needed = LAW.tokens_for(target, **point).item()
    if math.isinf(needed):
        assert LAW.mmlu(**point, tokens=1e30) < target + 1e-9
    elif needed > 1e-250:
        assert LAW.mmlu(**point, tokens=needed).item() == pytest.approx(target, abs=1e-6)


def test_inputs_outside_their_domain_are_named_together() -> None:
    with pytest.raises(BadInput) as caught:
        LAW.mmlu(0, 4096, float("nan"), 1e12, -1, precision=0.5)
    assert [mistake.field for mistake in caught.value.mistakes] == ["layers", "ffn", "n_total", "precision"]
    with pytest.raises(BadInput, match="above 25"):
        LAW.tokens_for(25.0, 32, 4096, 11008, 7e9)


def test_it_stands_beside_the_loss_laws_and_is_none() -> None:
    assert isinstance(LAW, Performance)
    assert "performance" not in laws.families()
    with pytest.raises(BadInput, match="performance, a law of a score"):
        choose_law("performance", None)
    with pytest.raises(BadInput, match="did you mean performance"):
        laws.get("perfomance")
    (record,) = laws.capability_catalogue()
    assert record["unit"] == "MMLU points"
    assert record["default"]
    assert record.keys() == laws.catalogue()[0].keys()
