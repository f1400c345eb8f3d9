"""What families of models say of one more member: Sloth's form fitted, tested on each family's largest model.

The question asked is what a larger model of a family will score. So that is what is tested: the largest
model of each family is left out in turn and foretold from the rest, and an interval is the level's quantile
of these errors, each family counting alike and one more standing for the new model (conformal prediction).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from objectives.capability.downstream_skills import EQUATION, TITLE, Benchmarks, Skills, fit_skills
from objectives.fit.calibration import quantile
from objectives.laws.law import Array
from spaces.errors import BadInput, Mistake, one_of

LEVEL = 0.9


@dataclass(frozen=True)
class Asked:
    """The model asked about.

    Raises:
        BadInput: one mistake for each number outside its domain.
    """

    family: str
    n_total: float
    tokens: float
    level: float = LEVEL

    def __post_init__(self) -> None:
        rules = (("n", self.n_total, np.inf), ("tokens", self.tokens, np.inf), ("level", self.level, 1.0))
        wrong = [
            Mistake(name, "above 0 and below 1" if top == 1 else "a positive finite number", f"{value:g}")
            for name, value, top in rules
            if not 0 < value < top
        ]
        if wrong:
            raise BadInput(wrong)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The largest model of F families foretold from the others; NaN where a score is not known."""

    families: tuple[str, ...]
    error: Array
    """Foretold minus measured, (F, J)."""
    naive: Array
    """The best score among the family's smaller models minus that measured, (F, J)."""


def answer(names: tuple[str, ...], table: Benchmarks, asked: Asked, skills: int = 1) -> dict[str, Any]:
    """Sloth's form fitted to a table and asked about one model, as plain JSON.

    Raises:
        BadInput: a family the table does not have, more skills than benchmarks.
    """
    if asked.family not in table.families:
        raise BadInput.of("family", one_of(table.families, asked.family), asked.family)
    fitted, held = fit_skills(table, skills), hold_out_largest(table, skills)
    scores = fitted.scores(asked.family, asked.n_total, asked.tokens)
    members = table.family == asked.family
    rows = [
        _benchmark(name, float(scores[j]), table, held, members, j, asked.level)
        for j, name in enumerate(names)
    ]
    return {
        "title": TITLE,
        "equation": EQUATION,
        "models": len(table.family),
        "families": len(table.families),
        "skills": skills,
        "family": asked.family,
        "n_total": asked.n_total,
        "tokens": asked.tokens,
        "level": asked.level,
        "benchmarks": rows,
        "members": [
            {"n_total": n, "tokens": d, "scores": [None if np.isnan(x) else float(x) for x in row]}
            for n, d, row in zip(
                table.n_total[members].tolist(),
                table.tokens[members].tolist(),
                table.score[members],
                strict=True,
            )
        ],
        "slopes": fitted.parts.slopes[0].T.tolist(),
        "tested": list(held.families),
        "warnings": list(_doubts(table, asked, members, held)),
    }


def hold_out_largest(table: Benchmarks, skills: int = 1) -> HeldOut:
    """Foretell the largest model of every family of several sizes from all other models."""
    found = list(_foretold(table, skills))
    width = table.score.shape[1]
    error, naive = (np.array([each[k] for each in found]).reshape(-1, width) for k in (1, 2))
    return HeldOut(tuple(each[0] for each in found), error, naive)


def half_width(error: Array, level: float) -> float | None:
    """Half an interval from the errors of held-out models; None where they are too few for the level."""
    size = np.append(np.abs(error[np.isfinite(error)]), np.inf)
    half = quantile(size, np.ones(len(size)), level)
    return half if np.isfinite(half) else None


def _foretold(table: Benchmarks, skills: int) -> Iterator[tuple[str, Array, Array]]:
    for family in table.families:
        rows = np.flatnonzero(table.family == family)
        if len(np.unique(table.n_total[rows])) < 2:
            continue
        largest = int(rows[np.argmax(table.n_total[rows])])
        kept = np.arange(len(table.family)) != largest
        fitted: Skills = fit_skills(_only(table, kept), skills)
        measured = table.score[largest]
        scores = fitted.scores(family, table.n_total[largest], table.tokens[largest])
        smaller = table.score[rows[rows != largest]]
        best = np.where(np.isnan(smaller).all(axis=0), np.nan, np.nan_to_num(smaller, nan=-1.0).max(axis=0))
        yield family, scores - measured, best - measured


def _only(table: Benchmarks, kept: npt.NDArray[np.bool_]) -> Benchmarks:
    return replace(
        table,
        score=table.score[kept],
        n_total=table.n_total[kept],
        tokens=table.tokens[kept],
        family=table.family[kept],
    )


def _benchmark(
    name: str,
    score: float,
    table: Benchmarks,
    held: HeldOut,
    members: npt.NDArray[np.bool_],
    j: int,
    level: float,
) -> dict[str, Any]:
    half = half_width(held.error[:, j], level)
    floor = table.floors[j]
    known = table.score[members, j]
    return {
        "name": name,
        "floor": floor,
        "score": score,
        "interval": None if half is None else [max(0.0, score - half), min(1.0, score + half)],
        "best_of_family": float(np.nanmax(known)) if np.isfinite(known).any() else None,
        "held_out_error": _mean(held.error[:, j]),
        "naive_error": _mean(held.naive[:, j]),
    }


def _mean(error: Array) -> float | None:
    known = np.abs(error[np.isfinite(error)])
    return float(known.mean()) if len(known) else None


def _tokens_vary(table: Benchmarks) -> bool:
    return any(np.ptp(table.tokens[table.family == name]) > 0 for name in table.families)


def _doubts(table: Benchmarks, asked: Asked, members: npt.NDArray[np.bool_], held: HeldOut) -> Iterator[str]:
    if not len(held.families):
        yield "no family has two sizes: nothing could be tested, and there is no interval"
    elif half_width(held.error[:, 0], asked.level) is None:
        tested = f"{len(held.families)} families of several sizes"
        yield f"{tested} are too few for an interval of {asked.level:.0%}"
    if members.sum() == 1:
        yield f"{asked.family} has one model in the table: its start rests on that alone"
    for name, value, column in (("n", asked.n_total, table.n_total), ("tokens", asked.tokens, table.tokens)):
        decades = float(np.log10(value / column.max()))
        if decades >= 0.3:
            yield f"{name} is {decades:.1f} decades above the largest of the table"
    if not _tokens_vary(table):
        yield (
            "no family has models on different numbers of tokens: the table does not tell what tokens add; "
            "scores for other numbers than the family's own rest on nothing"
        )
    yield "families share their slopes by assumption; a family trained on other data may grow otherwise"
