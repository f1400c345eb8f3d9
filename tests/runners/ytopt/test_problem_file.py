"""Problem files are loaded as they are, and leave nothing behind."""

import math
import sys
from collections.abc import Callable
from pathlib import Path

import ConfigSpace
import pytest
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from runners.ytopt.problem_file import load
from spaces.errors import BadInput

EXAMPLES = Path(__file__).resolve().parents[3] / "experiments/ytopt"
BOX, KERNEL = EXAMPLES / "box/problem.py", EXAMPLES / "kernel/blocks/problem.py"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file, folders and all."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_dimensions_become_parameters() -> None:
    problem = load(str(BOX), Path())
    x, k, kind = (problem.space[name] for name in ("x", "k", "kind"))
    assert isinstance(x, UniformFloatHyperparameter)
    assert (x.lower, x.upper, x.log) == (-4.0, 4.0, False)
    assert isinstance(k, UniformIntegerHyperparameter)
    assert (k.lower, k.upper, k.log) == (1, 64, True)
    assert isinstance(kind, CategoricalHyperparameter)
    assert problem.points.order == ("x", "k", "kind")
    assert problem.evaluate({"kind": "b", "k": 8, "x": 5.0}) == 3.0


def test_old_configspace_with_q_conditions_and_a_plopper() -> None:
    problem = load(f"{KERNEL}:Problem", Path())
    p0, p1, p3 = (problem.space[name] for name in ("p0", "p1", "p3"))
    assert isinstance(p0, OrdinalHyperparameter)
    assert p0.sequence == tuple(range(2, 21, 2))
    assert p0.default_value == 10
    assert isinstance(p1, OrdinalHyperparameter)
    assert p1.sequence == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    assert isinstance(p3, OrdinalHyperparameter)
    assert len(problem.space.forbidden_clauses) == 1
    assert problem.evaluate({"p0": 4, "p1": 0.2, "p2": " ", "p4": 3}) == 4.0
    assert problem.evaluate({"p0": 4, "p1": 0.2, "p2": "#pragma omp parallel for", "p3": "8"}) == 3.5
    assert problem.evaluate({"p0": 20, "p1": 0.2, "p2": " ", "p4": 3}) == math.inf


def test_a_point_holds_every_parameter_as_in_ytopt() -> None:
    points = load(str(KERNEL), Path()).points
    assert points.of({"p0": 4, "p1": 0.2, "p2": " ", "p4": 3})["p3"] == "NA"
    point = points.of({"p0": 4, "p1": 0.2, "p2": "#pragma omp parallel for", "p3": "8"})
    assert math.isnan(point.pop("p4"))
    assert point == {"p0": 4, "p1": 0.2, "p2": "#pragma omp parallel for", "p3": "8"}


QUANTISED = """
from ConfigSpace import ConfigurationSpace, Float, Integer
from autotune import TuningProblem
import ConfigSpace.hyperparameters as CSH

cs = ConfigurationSpace()
cs.add_hyperparameters([
    CSH.UniformFloatHyperparameter('rate', 1e-6, 0.1, q=1e-6),
    CSH.UniformFloatHyperparameter('decay', 1e-3, 1.0, 0.1, 1e-3, True),
    Float('share', (0.0, 1.0), q=0.25),
    Integer('plain', (1, 3)),
    CSH.UniformIntegerHyperparameter('one', 7, 7),
])
Problem = TuningProblem(None, cs, None, lambda point: point['rate'])
"""


def test_steps_too_many_or_logarithmic_are_rounded_to(write: Write) -> None:
    problem = load(str(write("quantised/problem.py", QUANTISED)), Path())
    assert isinstance(problem.space["rate"], UniformFloatHyperparameter)
    config = {"rate": 0.0123456789, "decay": 0.0106, "share": 0.25, "plain": 2, "one": 7}
    point = problem.points.of(config)
    assert point == {"rate": 0.012346, "decay": 0.011, "share": 0.25, "plain": 2, "one": 7}
    share = problem.space["share"]
    assert isinstance(share, OrdinalHyperparameter)
    assert share.sequence == (0.0, 0.25, 0.5, 0.75, 1.0)
    del config["share"]
    assert math.isnan(problem.points.of(config)["share"]), "a number that is listed here, and not there"
    assert problem.evaluate(config) == 0.012346


PACKAGED = """
from autotune import TuningProblem
from autotune.space import Space, Integer
from .helper import offset

Problem = TuningProblem(None, Space([Integer(0, 9, name='i')]), None, lambda point: point['i'] + offset())
"""


def test_files_of_one_name_do_not_meet_and_relative_imports_work(write: Write) -> None:
    problems = []
    for number in (1, 2):
        write(f"{number}/suite/__init__.py", "")
        write(f"{number}/suite/case/__init__.py", "")
        write(f"{number}/suite/case/helper.py", f"def offset(): return {number} * 100\n")
        problems.append(load(str(write(f"{number}/suite/case/problem.py", PACKAGED)), Path()))
    assert [problem.evaluate({"i": 5}) for problem in problems] == [105, 205]
    dotted = load("suite.case.problem.Problem", write("2/anchor", "").parent)
    assert dotted.evaluate({"i": 1}) == 201


LATE = """
from autotune import TuningProblem
from autotune.space import Space, Integer

def myobj(point):
    from autotune.space import inf
    from neighbour import value
    return value

Problem = TuningProblem(None, Space([Integer(0, 9, name='i')]), None, myobj)
"""


def test_standins_exist_while_a_file_is_loaded_or_evaluated_and_then_are_gone(write: Write) -> None:
    path, modules = list(sys.path), dict(sys.modules)
    write("late/neighbour.py", "value = 3.5\n")
    problem = load(str(write("late/problem.py", LATE)), Path())
    assert problem.evaluate({"i": 1}) == problem.evaluate({"i": 2}) == 3.5
    assert sys.path == path
    assert {"autotune", "autotune.space", "neighbour", "problem"}.isdisjoint(sys.modules)
    assert sys.modules["ConfigSpace"] is ConfigSpace is modules["ConfigSpace"]
    assert sys.modules["ConfigSpace.hyperparameters"] is modules["ConfigSpace.hyperparameters"]


def test_a_library_imported_by_a_file_stays_imported(write: Write) -> None:
    sys.modules.pop("colorsys", None)
    load(str(write("library/problem.py", "import colorsys\n" + LATE)), Path())
    assert "colorsys" in sys.modules


MISTAKES = {
    "no file": (None, "expected a file, such as problem.py"),
    "cannot be imported": ("import cconfigspace", "got ModuleNotFoundError: No module named 'cconfigspace'"),
    "ends itself": ("raise SystemExit('no licence')", "SystemExit: no licence"),
    "no problem": ("problem = 3", "called Problem with an input_space and an objective, got nothing"),
    "another thing": ("Problem = 3", "got int in problem.py"),
    "no dimensions": ("Problem = TuningProblem(None, {}, None, abs)", "a Space of dimensions, got dict"),
    "unnamed": (
        "Problem = TuningProblem(None, Space([Real(0, 1), Real(1, 2, name='a')]), None, abs)",
        r"input_space\[0\]: expected a dimension with a name",
    ),
    "endless": (
        "Problem = TuningProblem(None, Space([Real(0, inf, name='a')]), None, abs)",
        r"input_space.a: expected finite bounds, got 0 to inf",
    ),
    "empty": ("Problem = TuningProblem(None, Space([]), None, abs)", "at least one parameter"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_file_that_holds_no_problem_is_refused(mistake: str, write: Write) -> None:
    text, message = MISTAKES[mistake]
    header = "from autotune import TuningProblem\nfrom autotune.space import *\n"
    if text is not None:
        write("problem.py", header + text)
    folder = write("other.txt", "").parent
    with pytest.raises(BadInput, match=message):
        load("problem.py", folder)
    assert "autotune" not in sys.modules


def test_constraints_are_noted(write: Write) -> None:
    text = LATE.replace("None, myobj)", "None, myobj, constraints='i > 3')")
    (note,) = load(str(write("constrained/problem.py", text)), Path()).notes
    assert "constraints" in note
