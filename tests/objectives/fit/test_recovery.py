"""From losses a law computed itself, every family is found again to the last digits."""

import numpy as np
import pytest

from objectives import laws
from objectives.fit.certificate import certify
from objectives.fit.estimation import Estimation
from objectives.fit.fitting import Solution, solve
from objectives.fit.forms import FORMS
from objectives.fit.losses import Huber, LeastSquares, Loss
from objectives.laws.law import Law
from objectives.runs import Runs

EXAMPLES = {
    "coupled": laws.custom("coupled", e=1.757, a=2305.0, b=9957.0, alpha=0.424, beta=0.4305, k=0.774),
    "farseer": laws.custom(
        "farseer",
        **{"a1": 9.247, "b1": -4.2477, "alpha": -0.0495, "a2": 849.65, "b2": 2.888, "beta": -0.24496},
        **{"a3": 6.2874, "b3": -0.28417, "gamma": -0.0852},
    ),
}
LAWS = [EXAMPLES.get(family) or laws.get(family) for family in FORMS]


def computed(law: Law) -> Runs:
    """A grid of runs with exactly the law's losses."""
    sizes, tokens = np.meshgrid(np.geomspace(1e7, 1e10, 7), np.geomspace(1e9, 1e12, 7))
    sparsities = [0.0, 0.5, 0.75, 0.9] if law.max_sparsity else [0.0]
    unique = [1e9, 1e10, 1e11] if law.extra and law.extra.name == "unique_tokens" else [np.inf]
    grid = [(s, u) for s in sparsities for u in unique]
    n, d = (np.tile(column.ravel(), len(grid)) for column in (sizes, tokens))
    d = d if law.fixed_tokens is None else np.full(d.shape, law.fixed_tokens)
    s, u = (np.repeat(column, sizes.size) for column in zip(*grid, strict=True))
    extra = {"unique_tokens": u} if law.extra else {}
    return Runs(n, d, s, law.loss(n, d, s, **extra), extra=extra, count=law.count)


def fitted(law: Law, loss: Loss) -> Solution:
    return solve(Estimation(FORMS[law.family], computed(law), loss, count=law.count))


@pytest.mark.parametrize("loss", [LeastSquares(), Huber()], ids=["squares", "huber"])
@pytest.mark.parametrize("law", LAWS, ids=list(FORMS))
def test_noiseless_runs_give_back_their_law(law: Law, loss: Loss) -> None:
    solution = fitted(law, loss)
    assert np.abs(solution.log_errors).max() < 1e-13
    assert solution.coefficients == pytest.approx(law.coefficients, rel=1e-8)
    far = {"n": 1e12, "d": law.fixed_tokens or 1e14, "s": 0.95 if law.max_sparsity else 0.0}
    np.testing.assert_allclose(solution.law().loss(**far), law.loss(**far), rtol=1e-9)


@pytest.mark.parametrize("family", ["hoffmann", "kaplan", "frantar", "generalized"])
def test_an_exact_fit_is_certified(family: str) -> None:
    certificate = certify(fitted(laws.get(family), Huber()))
    assert certificate.holds
    assert certificate.decrease == 0.0


@pytest.mark.parametrize("law", LAWS, ids=list(FORMS))
def test_the_fitted_law_knows_its_runs(law: Law) -> None:
    solution = fitted(law, LeastSquares())
    runs, found = solution.estimation.runs, solution.law()
    assert found.fitted.n == (runs.n.min(), runs.n.max())
    assert found.fitted.flops == (runs.flops.min(), runs.flops.max())
    assert found.count is law.count
    np.testing.assert_allclose(found.loss(*runs.inputs, **runs.extra), runs.loss, rtol=1e-12)
