"""The Optimizer of ytopt itself behind our contract, where ytopt is installed.

What it lacks, and what is done about it:

- It knows no conditions, forbidden clauses or constraints here: a point that breaks one is told the worst
  value so far, and it is asked again; after `TRIES` of these, and where it repeats itself, a random feasible
  configuration is taken, and told to it. Inactive parameters count like any other.
- Its state cannot be kept: a resumed search asks and tells all over again, in the same order.
- Randomness is its own, from the one seed.
- Importing it opens a log file in the current folder and takes over uncaught exceptions; both are undone.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from sys import float_info
from typing import Any

import numpy as np
from ConfigSpace import ConfigurationSpace

from search.candidates import Rows
from search.engine import Constraint, Engine
from search.engines.skopt_options import check_options
from search.trial import Trial
from spaces.columns import Column, FloatColumn, IntegerColumn, Kind
from spaces.configs import Config
from spaces.errors import BadInput

TRIES = 8
"""Points in a row that may break a rule; each costs a fit of the learner."""

Point = dict[str, float | int]
"""Name -> code (see `spaces.columns`), of every parameter that varies."""


def installed() -> bool:
    """Whether the real ytopt is there; the package of this name in the registry is empty."""
    package = find_spec("ytopt")  # not of a module in it: that would import the rest
    folders = [] if package is None else list(package.submodule_search_locations or ())
    return any((Path(folder) / "search/optimizer").is_dir() for folder in folders)


class YtoptEngine(Engine):
    """The Optimizer of ytopt itself.

    Args:
        space: what may vary.
        seed: a non-negative integer below 2**32.
        constraint: known constraint.
        learner: RF, ET, GBRT, GP, or DUMMY (random search).
        acquisition: LCB, EI, PI or gp_hedge.
        liar: what pending trials are told: cl_min, cl_mean or cl_max of the values seen.
        kappa: standard deviations in LCB.
        initial_points: points before the learner is used; ytopt counts all points again whenever one ends.

    Raises:
        BadInput: an option outside its domain, or a learner that the installed skopt cannot make.
    """

    name = "ytopt"

    def __init__(
        self,
        space: ConfigurationSpace,
        *,
        seed: int = 0,
        constraint: Constraint | None = None,
        learner: str = "RF",
        acquisition: str = "gp_hedge",
        liar: str = "cl_max",
        kappa: float = 1.96,
        initial_points: int = 10,
    ) -> None:
        chosen = {"learner": learner, "acquisition": acquisition, "liar": liar}
        check_options(chosen, {"kappa": kappa}, {"initial_points": initial_points})
        super().__init__(space, seed=seed, constraint=constraint)
        self._varying = [column for column in self.encoder.columns if column.kind is not Kind.CONSTANT]
        self._points: dict[int, Point] = {}
        self._optimizer: Any = None
        if self._varying:
            self._optimizer = _optimizer(
                space=_Dimensions(self._varying),
                learner=learner,
                acq_func=acquisition,
                liar_strategy=liar,
                set_KAPPA=kappa,
                set_SEED=seed,
                set_NI=initial_points,
            )

    def _propose(self, number: int, rng: np.random.Generator) -> Config:
        point = self._asked() if self._optimizer is not None else None
        if point is None:
            row = self.candidates.random(1, rng)
            self._take(number, row)
        else:
            row = self._row(point)
            self._points[number] = point
        return self.encoder.decode_many(row)[0]

    def _asked(self) -> Point | None:
        """What the Optimizer wants next and may have; `None` where there is none."""
        point: Point
        for _ in range(TRIES):
            with _quiet():
                ((point,),) = self._optimizer.ask(1)
            row = self._row(point)
            if len(self.candidates.fresh(row)):
                return point
            if not len(self.candidates.unasked(self.encoder.canonical(row))):
                return None
            self._tell(point, float_info.max)  # which ytopt reads as the worst so far
        return None

    def _adopt(self, trial: Trial) -> None:
        """Ask again what was asked then; a configuration from elsewhere is only told."""
        planned = self.history.planned
        if planned and planned[0].config == trial.config:
            self._take(trial.number, self.encoder.encode_many([trial.config]))
        else:
            self._propose(trial.number, np.random.default_rng([self.seed, trial.number]))

    def _learn(self, trial: Trial) -> None:
        if self._optimizer is None:
            return
        if trial.number not in self._points:  # evaluated elsewhere
            self._take(trial.number, self.encoder.encode_many([trial.config]))
        value = float_info.max if trial.value is None else float(self.values([trial])[0])
        self._tell(self._points[trial.number], value)

    def _tell(self, point: Point, value: float) -> None:
        with _quiet():
            self._optimizer.tell([(point, value)])

    def _take(self, number: int, row: Rows) -> None:
        """Make the Optimizer believe it has asked for a row of shape (1, d)."""
        if self._optimizer is None:
            return
        self._points[number] = point = self._point(row)
        inner, key = self._optimizer, self._optimizer.make_key(point.values())
        if key not in inner.evals:
            inner.evals[key] = inner._get_lie()
            inner.counter += 1
            with _quiet():
                inner._optimizer.tell(list(point.values()), inner.evals[key])

    def _row(self, point: Point) -> Rows:
        """A point as a row of shape (1, d)."""
        codes = [np.array([float(point.get(column.name, 0))]) for column in self.encoder.columns]
        units = [column.unit(code) for column, code in zip(self.encoder.columns, codes, strict=True)]
        return np.stack(units, axis=1)

    def _point(self, row: Rows) -> Point:
        """A row of shape (1, d) as a point."""
        cells = dict(zip(self.encoder.names, row[0], strict=True))
        codes = {column.name: column.codes(np.array([cells[column.name]]))[0] for column in self._varying}
        return {
            column.name: float(codes[column.name]) if column.kind is Kind.FLOAT else int(codes[column.name])
            for column in self._varying
        }


class _Dimensions:
    """A space as ytopt takes it: skopt's dimensions by name, over codes."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.dimensions = [_dimension(column) for column in columns]

    def to_dict(self, values: Sequence[Any]) -> Point:
        """A list of values as a dictionary of plain numbers."""
        plain = [value.item() if isinstance(value, np.generic) else value for value in values]
        return {dimension.name: value for dimension, value in zip(self.dimensions, plain, strict=True)}


def _dimension(column: Column) -> Any:
    """A column as ytopt would have it: listed values have no order, even where ours do."""
    from skopt.space import Categorical, Integer, Real

    if isinstance(column, FloatColumn | IntegerColumn):
        kind = Real if isinstance(column, FloatColumn) else Integer
        prior = "log-uniform" if column.log else "uniform"
        return kind(column.lower, column.upper, prior=prior, name=column.name)
    return Categorical(list(range(column.size or 1)), name=column.name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings (of points that repeat, of packages it can do without) and prints on stdout."""
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield


def _optimizer(**options: Any) -> Any:
    """A new Optimizer of ytopt."""
    hook = sys.excepthook
    with tempfile.TemporaryDirectory() as folder, chdir(folder), _quiet():
        from ytopt.search.optimizer import Optimizer
    sys.excepthook = hook
    log = logging.getLogger("ytopt")
    for handler in log.handlers[:]:
        log.removeHandler(handler)
        handler.close()
    log.setLevel(logging.CRITICAL)
    try:
        with _quiet():
            return Optimizer(num_workers=1, **options)
    except (ValueError, AttributeError) as error:
        got = f"{options['learner']}: {error}"
        raise BadInput.of("engine.learner", "one that the installed skopt can make", got) from error
