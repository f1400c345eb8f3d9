"""The report of a fit: what stands in it, in which order, and when it warns."""

import copy
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import synthetic_runs
from objectives import laws
from objectives.fit import fit
from objectives.fit.record import to_record
from objectives.fit.saved import ensemble_from
from objectives.laws import Count
from objectives.runs import Runs
from runners import api
from runners.documents.document import Section
from runners.documents.fit_document import document
from runners.documents.fit_doubts import doubts
from runners.documents.rendering import plain, to_markdown

Record = dict[str, Any]


@pytest.fixture(scope="module")
def record() -> Record:
    """A dense fit with one other acceptable law."""
    return api.fit(synthetic_runs.FILE, law="hoffmann", compare=("coupled", "kaplan"), draws=300)


@pytest.fixture(scope="module")
def sparse() -> Record:
    """A fit to runs of Frantar's law, four sparsities of each size and duration."""
    grids = np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 4), [0.0, 0.5, 0.75, 0.875])
    n, d, s = (grid.ravel() for grid in grids)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(n.size))
    runs = Runs(n, d, s, laws.get("frantar", "t5").loss(n, d, s) * noise, count=Count.NONZERO)
    return dict(plain(to_record(fit(runs, "frantar", draws=60, compare=()))))


@pytest.fixture(scope="module")
def small() -> Record:
    """Six runs: too few for a single cut."""
    n, d = (grid.ravel() for grid in np.meshgrid([1e8, 1e9], [2e9, 3e10, 1e11]))
    runs = Runs(n, d, np.zeros(6), laws.get("hoffmann", "epoch").loss(n, d) * np.linspace(0.999, 1.001, 6))
    return dict(plain(to_record(fit(runs, "hoffmann", draws=60, compare=(), held={"e": 1.8172}))))


def titles(sections: Sequence[Section]) -> list[str]:
    return [section.title for section in sections]


def section(record: Record, title: str, *, pictures: bool = False) -> Section:
    return next(each for each in document(record, pictures=pictures) if each.title == title)


def cells(record: Record, title: str) -> dict[str, tuple[str, ...]]:
    """The rows of a section's table by their first cell."""
    table = section(record, title).table
    assert table is not None
    return {row[0]: row[1:] for row in table.rows}


def test_the_answer_comes_first_and_the_evidence_after_it(record: Record) -> None:
    assert titles(document(record)) == [
        "A law for 49 runs of synthetic.csv: hoffmann",
        "Best configurations",
        "Recommendation under uncertainty",
        "What the other acceptable laws would say",
        "Where not to trust it",
        "Coefficients",
        "Certificate of the optimum",
        "Calibration of the intervals",
        "Rolling origin",
        "Which law",
        "IsoFLOP profiles, as a check",
        "Checks of the data",
        "To repeat it",
    ]


def test_the_title_holds_equation_values_and_the_first_answer(record: Record) -> None:
    equation, first, *_ = document(record)[0].text
    assert "L = e + a/N^alpha + b/D^beta" in equation
    assert f"alpha = {record['coefficients']['alpha']:.4g}" in equation
    assert "N counts total parameters" in equation
    assert f"{record['decisions'][0]['optimum']['loss']:#.4g}" in first


def test_every_budget_has_its_interval_and_its_distance_from_the_runs(record: Record) -> None:
    rows = cells(record, "Best configurations")
    assert [row[0] for row in rows.values()] == ["no", "1.0 decade", "2.0 decades"]
    for decision, row in zip(record["decisions"], rows.values(), strict=True):
        low, high = decision["uncertainty"]["loss"]
        assert row[-1] == f"{decision['optimum']['loss']:#.4g} ({low:#.4g} to {high:#.4g})"


def test_the_other_acceptable_laws_stand_beside_it_and_the_rejected_do_not(record: Record) -> None:
    table = section(record, "What the other acceptable laws would say").table
    assert table is not None
    assert {row[1] for row in table.rows} == {"coupled"}
    assert cells(record, "Which law")["kaplan"][-1].startswith("rejected: ")
    assert cells(record, "Which law")["hoffmann"][-1] == "reported here; acceptable"


def test_the_certificate_is_told_in_words(record: Record) -> None:
    rows = cells(record, "Certificate of the optimum")
    assert rows["certificate"][0] == "holds"
    assert rows["starts that agree"][0].endswith("of 24")
    assert rows["irreducible loss"][0].startswith("e is identified: [")


def test_calibration_and_rolling_origin_agree_on_coverage(record: Record) -> None:
    inside = [float(row[-1].rstrip("%")) for row in cells(record, "Rolling origin").values()]
    covered = cells(record, "Calibration of the intervals")["held-out runs inside"][0]
    assert float(covered.rstrip("%")) == pytest.approx(np.mean(inside), abs=0.5)


def test_the_checklist_determines_the_numbers(record: Record) -> None:
    rows = {name: value for name, (value,) in cells(record, "To repeat it").items()}
    assert rows["SHA-256 of the table"] == record["runs"]["sha256"]
    assert rows["loss"] == "Huber, delta 0.001, summed over the runs, not averaged"
    assert rows["bootstrap"].startswith("300 replicates")
    assert {"form", "columns", "N", "unit of the loss", "left out", "optimiser", "starts", "seed"} < set(rows)


def test_a_sparse_answer_states_its_sparsity(sparse: Record) -> None:
    table = section(sparse, "Best configurations").table
    assert table is not None
    assert table.columns[2:6] == ("non-zero parameters", "sparsity", "total parameters", "tokens")
    assert "at sparsity" in document(sparse)[0].text[1]


def test_a_fit_alone_says_that_nothing_stands_beside_it(sparse: Record) -> None:
    others = section(sparse, "What the other acceptable laws would say")
    assert others.table is None
    assert others.text[0].startswith("No other family")


def test_what_could_not_be_tested_is_said(small: Record) -> None:
    assert "Rolling origin" not in titles(document(small))
    assert any("an assumption" in doubt for doubt in doubts(small))
    assert cells(small, "Coefficients")["e"][-1] == "held"
    assert cells(small, "Certificate of the optimum")["irreducible loss"] == ("no profile", "e was held")
    assert cells(small, "To repeat it")["held, tied"] == ("e = 1.8172",)


def put(*path: str | int, value: Any) -> Callable[[Record], None]:
    """A change of a record: one value at a path."""

    def change(record: Record) -> None:
        place: Any = record
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def stand_apart(record: Record) -> None:
    """The other law asks for five times the size."""
    for decision in record["decisions"]:
        decision["others"][0]["n"] = 5 * decision["optimum"]["n"]


COPIES = {"name": "copies", "severity": "warning", "rows": [1], "text": "two rows are the same"}
DOUBTS: dict[str, tuple[Callable[[Record], None], str]] = {
    "one start": (put("certificate", "reached", value=1), "no two of 24 starts agree"),
    "at a bound": (put("certificate", "at_bounds", value=["alpha"]), "runs want it beyond: alpha"),
    "no minimum": (put("certificate", "holds", value=False), "the gradient has not vanished"),
    "no condition": (put("certificate", "condition", value=None), "condition number is infinite"),
    "interchangeable": (put("certificate", "condition", value=1e9), "condition number is 1e+09"),
    "no floor": (put("certificate", "profile", "identified", value=False), "rest on a guess"),
    "turned away": (put("selection", "candidates", 0, "rejected", value="it rises"), "turned away"),
    "beaten": (put("selection", "candidates", 0, "held_out_error", value=9.0), "held-out runs better"),
    "too wide": (put("calibration", "median_half_width", value=0.3), "30% of the loss to either side"),
    "rough": (put("recipe", "draws", value=50), "50 bootstrap replicates"),
    "far": (lambda record: None, "2.0 decades beyond the largest run"),
    "open": (put("decisions", 0, "uncertainty", "n", value=[1e8, 1e10]), "anywhere from 100M to 10.0B"),
    "apart": (stand_apart, "disagree on the best size by a factor of 5"),
    "too sparse": (put("decisions", 0, "optimum", "sparsity", value=0.9), "0.9; no run was above 0"),
    "warned": (put("checks", value=[COPIES]), "warn of copies"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTS)
def test_each_weakness_is_a_reason_not_to_trust_it(name: str, record: Record) -> None:
    change, expected = DOUBTS[name]
    weak = copy.deepcopy(record)
    change(weak)
    assert any(expected in doubt for doubt in doubts(weak)), doubts(weak)
    assert expected in to_markdown(document(weak))


def test_a_size_far_outside_the_runs_is_a_reason(record: Record) -> None:
    far = copy.deepcopy(record)
    low, high = record["law"]["fitted"]["n"]
    far["decisions"][-1]["optimum"]["n"] = 20 * high
    assert any(doubt.startswith("N = ") for doubt in doubts(far))
    far["decisions"][-1]["optimum"]["n"] = low / 20
    assert any(doubt.startswith("N = ") for doubt in doubts(far))
    far["decisions"][-1]["optimum"]["n"] = 5 * high
    assert not any(doubt.startswith("N = ") for doubt in doubts(far))


def test_a_fit_without_weakness_has_no_such_section(record: Record) -> None:
    sound = copy.deepcopy(record)
    sound["decisions"] = sound["decisions"][:1]
    sound["checks"] = []
    assert doubts(sound) == []
    assert "Where not to trust it" not in titles(document(sound))
    assert len(document(sound)[0].text) == 2
    assert section(sound, "Checks of the data").text[0].startswith("Nothing to remark")


PICTURES = [
    "Best size against compute",
    "IsoFLOP curves",
    "Measured against predicted",
    "Residuals",
    "Profile of the irreducible loss",
    "Held-out runs and their intervals",
]


def test_the_pictures_stand_where_they_belong_and_are_the_same_each_time(record: Record) -> None:
    drawn = [each for each in document(record, pictures=True) if each.picture]
    assert titles(drawn) == PICTURES
    for picture in drawn:
        assert ElementTree.fromstring(picture.picture or "").tag.endswith("svg")
        assert picture.text
    again = [each.picture for each in document(record, pictures=True) if each.picture]
    assert [each.picture for each in drawn] == again


def test_a_picture_without_its_evidence_is_left_out(small: Record, sparse: Record) -> None:
    assert titles([each for each in document(small, pictures=True) if each.picture]) == PICTURES[:4]
    assert titles([each for each in document(sparse, pictures=True) if each.picture]) == PICTURES


def test_a_law_of_fixed_tokens_has_no_isoflop_curves() -> None:
    law = laws.get("clark")
    assert law.fixed_tokens is not None
    experts = np.array([1.0, 8.0, 32.0, 128.0])
    n, s = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e7, 1e9, 5), 1 - 1 / experts))
    loss = law.loss(n, law.fixed_tokens, s) * np.exp(0.002 * np.random.default_rng(0).standard_normal(n.size))
    runs = Runs(n, np.full(n.size, law.fixed_tokens), s, loss, count=Count.ACTIVE)
    record = dict(plain(to_record(fit(runs, "clark", draws=60, compare=()))))
    assert "IsoFLOP curves" not in titles(document(record, pictures=True))


def test_noiseless_runs_have_a_report(tmp_path: Path) -> None:
    n, d = (10 ** grid.ravel() for grid in np.meshgrid(np.linspace(7, 9, 6), np.linspace(9, 11, 6)))
    runs = Runs(n, d, np.zeros(36), laws.get("hoffmann", "tex").loss(n, d))
    record = dict(plain(to_record(fit(runs, "hoffmann", draws=60, compare=()))))
    assert "holds" in cells(record, "Certificate of the optimum")["certificate"]
    assert titles([each for each in document(record, pictures=True) if each.picture]) == PICTURES


def test_the_law_comes_back_from_its_record(record: Record) -> None:
    ensemble = ensemble_from(record)
    decision = record["decisions"][1]
    best = decision["optimum"]
    predicted = ensemble.predict(best["n"], best["tokens"])
    assert float(predicted.loss) == pytest.approx(best["loss"], rel=1e-12)
    assert (float(predicted.low), float(predicted.high)) == pytest.approx(decision["uncertainty"]["loss"])
