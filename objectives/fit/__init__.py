"""Training runs become a law whose intervals hold: `fit(table, law="hoffmann")`.

The way of a table: `checks` look at it; `forms`, `estimation` and `starts` turn a family into a problem and
`solver` solves it; `certificate` says how sure the optimum is, `bootstrap`, `rolling` and `calibration` how
sure its predictions; `selection` compares families; `ensemble` and `recommendation` answer budgets; `record`
writes fit.json and `saved` reads it back. `pipeline` runs all of it.
"""

from typing import TYPE_CHECKING, Any

from objectives.fit.ensemble import Ensemble
from objectives.fit.saved import load
from objectives.runs import Runs

if TYPE_CHECKING:
    from objectives.fit.pipeline import Fit
    from objectives.laws.law import Law

__all__ = ["Ensemble", "fit", "load"]


def fit(table: Runs, law: "str | type[Law]" = "auto", **options: Any) -> "Fit":
    """Fit a law to a table of runs; arguments, result and errors as `objectives.fit.pipeline.fit_runs`.

    >>> import numpy as np
    >>> from objectives.laws import get
    >>> n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
    >>> runs = Runs(n, d, np.zeros(36), get("hoffmann", "tex").loss(n, d))
    >>> f"{fit(runs, law='hoffmann', draws=50, compare=()).coefficients['alpha']:.4f}"
    '0.3392'
    """
    from objectives.fit.pipeline import fit_runs  # the fitter loads only where it is used

    return fit_runs(table, law, **options)
