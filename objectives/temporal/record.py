"""A forecast from positions as plain JSON: what `scalesearch temporal --json` prints and its report shows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from objectives.laws.law import Array
from objectives.temporal.families import FAMILIES
from objectives.temporal.forecast import PARAMETERS, UNLIKE, Forecast
from objectives.temporal.forecasting import Outlook
from objectives.temporal.history import History
from objectives.temporal.position import LAW
from objectives.temporal.uniformity import stretches

FORMAT = 1
MEAN = "L = a2 + a0/(a1 n) (psi(n + first + 1/a1) - psi(first + 1/a1)), psi = digamma"
SOURCE = "Xiong et al., arXiv 2404.17785; form as reported by its readers"
RUNNERS_UP = 5
IMPOSSIBLE = (
    "No combination of these families keeps a0 and a1 positive until then, as the law needs them: do not use "
    "this forecast."
)
ASSUMED_GAIN = (
    "The learning rate will come down, and this run has not shown what that does: it is taken to lower the "
    "loss by {gain:.1%}, as in published fits; the interval allows for none, or twice as much. A finished "
    "run (`like`) tells it."
)
BORROWED = "What a decay of the learning rate does is taken from {like}, give or take {unlike:.0%} of it."
ASSUMPTIONS = (
    "The index of the first position is {first:g}: the paper's is not known. The curve is the same either "
    "way, a0 and a1 are not.",
    "The curves of a0, a1 and a2 over tokens are chosen by held-out forecast among simple families: the "
    "paper's own formulas are not known.",
)


def to_record(forecast: Forecast, truth: History | None = None) -> dict[str, Any]:
    """Everything the report shows; no NaN, no infinity.

    Args:
        forecast: what is said.
        truth: the later checkpoints of the same run, at the times asked about, where they were measured.
    """
    history = forecast.history
    measured = [None] * len(forecast.temporal.tokens) if truth is None else truth.mean.tolist()
    return {
        "format": FORMAT,
        "kind": "temporal",
        "run": history.run,
        "source": history.source,
        "digest": history.digest,
        "law": {"equation": LAW, "mean": MEAN, "source": SOURCE, "unit": "nats/token"},
        "assumptions": list(_assumptions(forecast)),
        "first_position": forecast.first,
        "positions": len(history.positions),
        "checkpoints": list(_checkpoints(forecast)),
        "learning_rate_known": history.rate is not None,
        "learning": [_learning(each) for each in stretches(history)],
        "choice": _choice(forecast.temporal),
        "calibration": forecast.temporal.calibration.to_dict(),
        "forecast": list(_ahead(forecast.temporal, measured)),
        "baselines": [
            {
                "name": name,
                "since": each.chosen.since,
                "error": each.chosen.error,
                "ahead": list(_ahead(each, measured)),
            }
            for name, each in forecast.baselines.items()
        ],
        "last": {"tokens": float(history.tokens[-1]), "loss": forecast.last},
        "curves": _curves(forecast),
    }


def _assumptions(forecast: Forecast) -> Iterator[str]:
    yield from (text.format(first=forecast.first) for text in ASSUMPTIONS)
    if not forecast.temporal.possible:
        yield IMPOSSIBLE
    if forecast.like is not None:
        yield BORROWED.format(like=forecast.like, unlike=UNLIKE)
    if forecast.assumed > 0:
        yield ASSUMED_GAIN.format(gain=forecast.assumed)


def _checkpoints(forecast: Forecast) -> Iterator[dict[str, Any]]:
    history, fits = forecast.history, forecast.fits
    for row, tokens in enumerate(history.tokens):
        yield {
            "tokens": float(tokens),
            "lr": None if history.rate is None else float(history.rate[row]),
            "loss": float(history.mean[row]),
            **dict(zip(PARAMETERS, fits.coefficients[row].tolist(), strict=True)),
            "errors": _bounded(fits.errors[row]),
            "r2": float(fits.r2[row]),
        }


def _choice(outlook: Outlook) -> dict[str, Any]:
    def told(names: tuple[str, ...]) -> dict[str, str]:
        return dict(zip(PARAMETERS, names, strict=True))

    chosen = outlook.chosen
    return {
        "families": told(chosen.families),
        "equations": {name: FAMILIES[each].equation for name, each in told(chosen.families).items()},
        "since": chosen.since,
        "error": chosen.error,
        "mean_error": outlook.held_out,
        "tried": len(outlook.candidates),
        "cuts": len(outlook.cuts),
        "runners_up": [
            {"families": told(each.families), "since": each.since, "error": each.error}
            for each in outlook.candidates[1 : RUNNERS_UP + 1]
        ],
    }


def _ahead(outlook: Outlook, measured: list[float | None]) -> Iterator[dict[str, Any]]:
    low, high = outlook.interval
    for row, loss in enumerate(outlook.mean):
        yield {
            "tokens": float(outlook.tokens[row]),
            "loss": float(loss),
            "interval": [float(low[row]), float(high[row])],
            "quantities": outlook.quantities[row].tolist(),
            "measured": measured[row],
        }


def _learning(each: Any) -> dict[str, Any]:
    return {
        "start": each.start,
        "end": each.end,
        "fall": each.fall,
        "quarters": each.quarters.tolist(),
        "unevenness": min(each.unevenness, 1e6),
    }


def _curves(forecast: Forecast) -> dict[str, Any]:
    """Losses and the law's curve over positions at a few checkpoints, for the picture."""
    count = len(forecast.history.tokens)
    rows = np.unique(np.linspace(count // 3, count - 1, 5).astype(int))
    return {
        "indices": forecast.fits.indices.tolist(),
        "tokens": forecast.history.tokens[rows].tolist(),
        "losses": np.round(forecast.history.losses[rows], 5).tolist(),
        "law": np.round(forecast.fits.curves[rows], 5).tolist(),
    }


def _bounded(errors: Array) -> list[float | None]:
    """Standard errors; None where the positions say nothing of a coefficient."""
    return [float(each) if np.isfinite(each) and each < 1e6 else None for each in errors]
