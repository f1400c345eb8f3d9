"""Training runs become a law whose intervals hold: `fit(table, law="hoffmann")`.

The way of a table: `checks` look at it; `forms`, `estimation` and `starts` turn a family into a problem and
`solver` solves it; `certificate` says how sure the optimum is, `bootstrap`, `rolling` and `calibration` how
sure its predictions; `selection` compares families; `ensemble` and `recommendation` answer budgets; `record`
writes fit.json and `saved` reads it back. `pipeline` runs all of it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from objectives.fit.ensemble import Ensemble
from objectives.fit.saved import load
from objectives.runs import as_runs

if TYPE_CHECKING:
    from objectives.fit.pipeline import Fit
    from objectives.laws.law import Law

__all__ = ["Ensemble", "fit", "load"]


def fit(
    table: Any,
    law: "str | type[Law]" = "auto",
    *,
    columns: Mapping[str, str] | None = None,
    unit: str | None = None,
    drop_highest_loss: int = 0,
    **options: Any,
) -> "Fit":
    """Fit a law to a table of runs.

    >>> import numpy as np
    >>> from objectives.laws import get
    >>> n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
    >>> table = {"n": n, "tokens": d, "loss": get("hoffmann", "tex").loss(n, d)}
    >>> f"{fit(table, law='hoffmann', draws=50, compare=()).coefficients['alpha']:.4f}"
    '0.3392'

    Args:
        table: `Runs`, the path of a CSV file, a pandas data frame, or columns by name.
        law: a family, a law class of your own, or `auto`: the family that extrapolates best.
        columns: field -> column, where they differ; this and the next two as `objectives.runs.read_runs`.
        unit: of the losses.
        drop_highest_loss: leave out this many runs.
        options: as `objectives.fit.pipeline.fit_runs`.

    Raises:
        BadInput: every mistake in the table, or in the names of laws and coefficients.
    """
    from objectives.fit.pipeline import fit_runs  # the fitter loads only where it is used

    runs = as_runs(table, columns, unit=unit, drop_highest_loss=drop_highest_loss)
    return fit_runs(runs, law, **options)
