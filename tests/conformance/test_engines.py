"""The ask/tell contract of `search.engine`, for every engine over several spaces."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ConfigSpace
import numpy as np
import numpy.typing as npt
import pytest

from search import Engine, Suggestion, engine_names, make_engine
from search.engine import Constraint
from search.engines import ytopt_engine
from search.trial import Asked, Done, Event, Failed, Given
from spaces.configs import Config, Configs, Value
from spaces.errors import BadInput, Infeasible
from spaces.fixing import fix

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in engine_names() if name not in ("skopt", "ytopt", "fidelity")},
    "skopt-forest-hedge": ("skopt", {"initial_points": 5, "pool": 200}),
    "skopt-process": ("skopt", {"learner": "GP", "acquisition": "EI", "initial_points": 5, "pool": 100}),
}
"""Every engine that can be made; skopt with learners that do and do not have gradients."""
FIDELITIES = {"law": "tokens", "mixed": "heads", "fixed": "heads"}
"""The parameter that is a fidelity for the engine of that name, in spaces that have one."""
VARIANTS |= {"fidelity": ("fidelity", {"fidelity": "tokens"})}
if ytopt_engine.installed():
    VARIANTS["ytopt"] = "ytopt", {"learner": "ET", "acquisition": "EI", "initial_points": 5}


def test_the_optimizer_of_ytopt_is_among_them() -> None:
    if not ytopt_engine.installed():
        pytest.skip("needs the real ytopt (docs/ytopt.md says how to get it)")
    assert "ytopt" in VARIANTS


@dataclass(frozen=True)
class Case:
    """A space, its known constraint and, where it is finite, how many feasible configurations it has."""

    space: Callable[[], ConfigSpace.ConfigurationSpace]
    constraint: Constraint | None = None
    cardinality: int | None = None


def law() -> ConfigSpace.ConfigurationSpace:
    """Size, tokens and sparsity."""
    space = ConfigSpace.ConfigurationSpace()
    space.add(ConfigSpace.Float("n_active", (1e7, 1e12), log=True))
    space.add(ConfigSpace.Float("tokens", (1e8, 1e13), log=True))
    space.add(ConfigSpace.Float("sparsity", (0.0, 0.98)))
    return space


def within_budget(rows: Configs) -> npt.NDArray[np.bool_]:
    """6 N D <= 1e21, written over columns."""
    affordable: npt.NDArray[np.bool_] = 6 * rows["n_active"] * rows["tokens"] <= 1e21
    return affordable


def mixed() -> ConfigSpace.ConfigurationSpace:
    """Every kind of parameter, two levels of conditions, forbidden clauses over values and relations."""
    space = ConfigSpace.ConfigurationSpace()
    family = ConfigSpace.Categorical("family", ["dense", "moe", "pruned"])
    experts = ConfigSpace.Integer("experts", (2, 256), log=True)
    shared = ConfigSpace.Categorical("shared_expert", [True, False])
    width = ConfigSpace.OrdinalHyperparameter("width", [256, 512, 1024, 2048])
    heads = ConfigSpace.Integer("heads", (1, 16))
    rate = ConfigSpace.Float("rate", (1e-5, 1e-1), log=True)
    space.add(family, experts, shared, width, heads, rate, ConfigSpace.Constant("optimizer", "adamw"))
    space.add(
        ConfigSpace.EqualsCondition(experts, family, "moe"),
        ConfigSpace.GreaterThanCondition(shared, experts, 16),
    )
    space.add(
        ConfigSpace.ForbiddenAndConjunction(
            ConfigSpace.ForbiddenEqualsClause(width, 256),
            ConfigSpace.ForbiddenInClause(heads, [12, 13, 14, 15, 16]),
        ),
        ConfigSpace.ForbiddenEqualsClause(heads, 7),
    )
    return space


def slow_enough(rows: Configs) -> list[bool]:
    """A constraint written over rows."""
    return [row["rate"] < 1e-2 or row["family"] == "dense" for row in rows]  # type: ignore[operator]


def tiny() -> ConfigSpace.ConfigurationSpace:
    """x with two depths, y with three, z with none: six configurations."""
    space = ConfigSpace.ConfigurationSpace()
    kind, depth = ConfigSpace.Categorical("kind", ["x", "y", "z"]), ConfigSpace.Integer("depth", (1, 3))
    space.add(kind, depth, ConfigSpace.Constant("seed", 7))
    space.add(ConfigSpace.InCondition(depth, kind, ["x", "y"]))
    space.add(
        ConfigSpace.ForbiddenAndConjunction(
            ConfigSpace.ForbiddenEqualsClause(kind, "x"), ConfigSpace.ForbiddenEqualsClause(depth, 3)
        )
    )
    return space


def partly_fixed() -> ConfigSpace.ConfigurationSpace:
    """The space of every kind of parameter with a parent, a number and an ordinal fixed."""
    space = mixed()
    fix(space, {"family": "moe", "experts": 8, "width": 512})
    return space


def wholly_fixed() -> ConfigSpace.ConfigurationSpace:
    """Six configurations, of which two are left."""
    space = tiny()
    fix(space, {"kind": "x"})
    return space


def ordinal() -> ConfigSpace.ConfigurationSpace:
    """Ordered choices and a constant."""
    return ConfigSpace.ConfigurationSpace(
        space=[
            ConfigSpace.OrdinalHyperparameter("width", [64, 128, 256, 512]),
            ConfigSpace.Constant("act", "gelu"),
            ConfigSpace.Integer("k", (1, 4)),
        ]
    )


CASES = {
    "law": Case(law, within_budget),
    "mixed": Case(mixed, slow_enough),
    "fixed": Case(partly_fixed, slow_enough),
    "tiny": Case(tiny, None, 6),
    "few left": Case(wholly_fixed, None, 2),
    "ordinal": Case(ordinal, lambda rows: rows["width"] * rows["k"] <= 1024, 16 - 2),
    "constant": Case(lambda: ConfigSpace.ConfigurationSpace({"only": "this"}), None, 1),
}

every_engine = pytest.mark.parametrize("variant", VARIANTS)
every_engine_at_the_target = pytest.mark.parametrize("variant", sorted(VARIANTS.keys() - {"fidelity"}))
"""Those that ask whole evaluations alone; for the other see tests/search/engines/test_fidelity_engine.py."""
every_large_space = pytest.mark.parametrize("case", ["law", "mixed"])
every_kind_of_space = pytest.mark.parametrize("case", ["law", "mixed", "fixed"])
every_finite_space = pytest.mark.parametrize("case", [name for name, c in CASES.items() if c.cardinality])


def make(variant: str, case: str, seed: int = 0) -> Engine:
    name, options = VARIANTS[variant]
    if name == "fidelity":
        options = {"fidelity": FIDELITIES[case]}
    return make_engine(name, CASES[case].space(), seed=seed, constraint=CASES[case].constraint, **options)


def value(config: Mapping[str, Value]) -> float:
    """Any smooth deterministic function of a configuration."""
    total = 0.0
    for cell in config.values():
        total += math.log1p(abs(float(cell))) if isinstance(cell, int | float) else len(str(cell))
    return (total - 20.0) ** 2


def search(engine: Engine, trials: int) -> list[Event]:
    """Run a search in which workers overtake each other and every fifth trial fails; returns its events.

    Up to three trials are pending at a time; outcomes arrive last in, first out.
    """
    events: list[Event] = []
    pending: list[Suggestion] = []
    for _ in range(trials):
        suggestion = engine.ask()[0]
        events.append(engine.history[suggestion.number].begun)
        pending.append(suggestion)
        while len(pending) == 3 or (pending and suggestion.number < 2):
            last = pending.pop()
            if last.number % 5 == 4:
                engine.tell_failure(last, "diverged")
                events.append(Failed(last.number, "diverged"))
            else:
                engine.tell(last, value(last.config))
                events.append(Done(last.number, value(last.config)))
    return events


def configs(engine: Engine) -> list[Config]:
    return [trial.config for trial in engine.history.trials]


@every_engine
@every_kind_of_space
def test_every_suggestion_is_legal_feasible_new_and_plain(variant: str, case: str) -> None:
    engine = make(variant, case)
    search(engine, 14)
    asked = configs(engine)
    for config in asked:
        ConfigSpace.Configuration(engine.space, values=config).check_valid_configuration()
        assert {type(cell) for cell in config.values()} <= {bool, int, float, str}
        assert json.loads(json.dumps(config)) == config
    constraint = CASES[case].constraint
    assert constraint is not None
    assert np.all(constraint(Configs.from_rows(asked)))
    assert len({json.dumps(config, sort_keys=True) for config in asked}) == len(asked)
    if case == "fixed":
        assert all(config | {"family": "moe", "experts": 8, "width": 512} == config for config in asked)
        assert not any("shared_expert" in config for config in asked)  # only of more than 16 experts


@every_engine
@every_large_space
def test_a_replayed_engine_goes_on_as_the_unbroken_one(variant: str, case: str) -> None:
    """Wherever the journal was cut; configurations come back from JSON."""
    engine = make(variant, case)
    events = search(engine, 9)
    cut = len(events)
    events += search_on(engine, 4)
    for length in (3, cut):
        resumed = make(variant, case)
        resumed.replay(map(reread, events[:length]))
        for event in events[length:]:
            if isinstance(event, Asked):
                assert resumed.ask() == [Suggestion(event.number, event.config)]
            elif isinstance(event, Done):
                resumed.tell(event.number, event.numbers)
            elif isinstance(event, Failed):
                resumed.tell_failure(event.number, event.reason)


def search_on(engine: Engine, trials: int) -> list[Event]:
    """Finish what is pending, then ask and tell one by one."""
    events: list[Event] = []
    for number in [trial.number for trial in engine.history.pending]:
        engine.tell(number, float(number))
        events.append(Done(number, float(number)))
    for _ in range(trials):
        suggestion = engine.ask()[0]
        engine.tell(suggestion, value(suggestion.config))
        events += [
            engine.history[suggestion.number].begun,
            Done(suggestion.number, value(suggestion.config)),
        ]
    return events


def reread(event: Event) -> Event:
    """An event as it comes back from a journal."""
    return replace(event, config=json.loads(json.dumps(event.config))) if isinstance(event, Asked) else event


@every_engine
@every_large_space
def test_a_seed_fixes_the_search_and_another_seed_changes_it(variant: str, case: str) -> None:
    first, same, other = make(variant, case), make(variant, case), make(variant, case, seed=1)
    for engine in (first, same, other):
        search(engine, 8)
    assert configs(first) == configs(same)
    assert configs(first) != configs(other)


@every_engine
def test_a_batch_is_asked_at_once_and_told_in_any_order(variant: str) -> None:
    engine = make(variant, "mixed")
    for batch in range(3):
        suggestions = engine.ask(4)
        assert [suggestion.number for suggestion in suggestions] == list(range(4 * batch, 4 * batch + 4))
        for suggestion in reversed(suggestions):
            engine.tell(suggestion, value(suggestion.config))
    assert len({json.dumps(config, sort_keys=True) for config in configs(engine)}) == 12
    assert engine.ask(0) == []


@every_engine_at_the_target
@every_finite_space
def test_a_finite_space_is_asked_through_once_and_then_infeasible(variant: str, case: str) -> None:
    engine = make(variant, case)
    cardinality = CASES[case].cardinality
    assert cardinality is not None
    search(engine, cardinality)
    asked = configs(engine)
    assert len({json.dumps(config, sort_keys=True) for config in asked}) == cardinality
    for config in asked:
        ConfigSpace.Configuration(engine.space, values=config).check_valid_configuration()
    for _ in range(2):
        with pytest.raises(Infeasible, match=f"every feasible configuration \\({cardinality}\\)"):
            engine.ask()


@every_engine_at_the_target
@pytest.mark.parametrize("case", ["mixed", "tiny"])
def test_a_constraint_that_nothing_satisfies_is_infeasible(variant: str, case: str) -> None:
    name, options = VARIANTS[variant]
    engine = make_engine(name, CASES[case].space(), constraint=lambda rows: [False] * len(rows), **options)
    with pytest.raises(Infeasible, match="no configuration"):
        engine.ask()


@every_engine
def test_a_constraint_may_be_written_over_columns_or_rows(variant: str) -> None:
    def by_rows(rows: Configs) -> list[bool]:
        return [6 * row["n_active"] * row["tokens"] <= 1e21 for row in rows]  # type: ignore[operator]

    name, options = VARIANTS[variant]
    columns, rows = (
        make_engine(name, law(), constraint=constraint, **options) for constraint in (within_budget, by_rows)
    )
    for engine in (columns, rows):
        search(engine, 7)
    assert configs(columns) == configs(rows)


@every_engine_at_the_target
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused_and_the_trial_stays_pending(
    variant: str, wrong: float
) -> None:
    engine = make(variant, "law")
    suggestion = engine.ask()[0]
    with pytest.raises(ValueError, match="not a number is a failure"):
        engine.tell(suggestion, wrong)
    assert [trial.number for trial in engine.history.pending] == [suggestion.number]
    engine.tell(suggestion, 1.0)
    best = engine.best()
    assert best is not None
    assert best.value == 1.0


@every_engine
def test_an_outcome_is_taken_once_and_only_for_what_was_asked(variant: str) -> None:
    engine = make(variant, "law")
    suggestion = engine.ask()[0]
    engine.tell(suggestion, 1.0)
    with pytest.raises(ValueError, match="ended already"):
        engine.tell(suggestion, 1.0)
    with pytest.raises(ValueError, match="ended already"):
        engine.tell_failure(suggestion, "late")
    with pytest.raises(ValueError, match="never asked"):
        engine.tell(suggestion.number + 1, 1.0)


@every_engine_at_the_target
def test_failures_are_learned_from_and_never_best(variant: str) -> None:
    engine = make(variant, "law")
    assert engine.best() is None
    for suggestion in engine.ask(12):
        engine.tell_failure(suggestion, "out of memory")
    assert engine.best() is None
    search_on(engine, 3)
    best = engine.best()
    assert best is not None
    assert best.number >= 12


@every_engine_at_the_target
def test_the_best_trial_is_the_least_value_told(variant: str) -> None:
    engine = make(variant, "mixed")
    search(engine, 10)
    best = engine.best()
    assert best is not None
    assert best.value == min(value(trial.config) for trial in engine.history.done)


@every_engine
def test_values_that_are_all_equal_or_huge_are_no_trouble(variant: str) -> None:
    for scale in (0.0, 1e150):
        engine = make(variant, "law")
        for number in range(8):
            engine.tell(engine.ask()[0], scale * (1 + number % 2))
        assert len(configs(engine)) == 8


@every_engine_at_the_target
def test_the_largest_floats_are_values_like_others(variant: str) -> None:
    engine = make(variant, "law")
    largest = float(np.finfo(np.float64).max)
    for number in range(10):
        (suggestion,) = engine.ask()
        engine.tell(suggestion, [largest, -largest, 1.0][number % 3])
    assert engine.best() is engine.history[1]


@every_engine_at_the_target
def test_a_batch_larger_than_the_space_is_what_the_space_has(variant: str) -> None:
    engine = make(variant, "tiny")
    assert len(engine.ask(10)) == 6
    with pytest.raises(ValueError, match="a count of suggestions"):
        engine.ask(-1)


@pytest.mark.parametrize(
    "constraint",
    [
        lambda rows: True,
        lambda rows: [True],
        lambda rows: [math.nan] * len(rows),
        lambda rows: ["yes"] * len(rows),
    ],
)
@every_engine
def test_a_constraint_that_does_not_answer_for_every_row_is_refused(
    variant: str, constraint: Constraint
) -> None:
    name, options = VARIANTS[variant]
    with pytest.raises(BadInput, match="truth values, one for each row"):
        make_engine(name, law(), constraint=constraint, **options).ask()


@every_engine_at_the_target
def test_a_constraint_may_be_a_generator(variant: str) -> None:
    name, options = VARIANTS[variant]
    rows = make_engine(name, law(), constraint=lambda rows: (row["tokens"] < 1e10 for row in rows), **options)  # type: ignore[arg-type, operator, return-value]
    assert all(suggestion.config["tokens"] < 1e10 for suggestion in rows.ask(4))  # type: ignore[operator]


@every_engine_at_the_target
def test_what_is_given_comes_first_or_teaches_and_a_replay_goes_on_alike(variant: str) -> None:
    engine, resumed = make(variant, "law"), make(variant, "law")
    first: Config = {"n_active": 2e9, "tokens": 1e10, "sparsity": 0.0}
    second: Config = {"n_active": 1e9, "tokens": 1e10, "sparsity": 0.5}
    told: list[Config] = [{"n_active": 10.0 ** (8 + k), "tokens": 1e9, "sparsity": 0.1} for k in range(4)]
    for known, config in enumerate(told):
        engine.tell_known(config, float(known))
    engine.suggest_first([first, second, first], source="a colleague")
    with pytest.raises(BadInput, match=r"configs\[1\]"):
        engine.suggest_first([first, {"n_active": 1e12, "tokens": 1e13, "sparsity": 0.0}])
    assert [suggestion.config for suggestion in engine.ask(2)] == [first, second]
    assert [trial.source for trial in engine.history.pending] == ["a colleague"] * 2
    assert (engine.history.asked, engine.history.own_counts, engine.history.counts) == (2, (0, 0), (4, 0))
    assert engine.best() is engine.history[-1]

    resumed.replay([e for k in range(4) for e in (Given(-1 - k, told[k], "given"), Done(-1 - k, float(k)))])
    resumed.replay([Given(-5, first, "a colleague"), Given(-6, second, "a colleague")])
    resumed.replay([Asked(0, first), Asked(1, second)])
    assert resumed.history.trials == engine.history.trials
    for number in range(4):
        (asked,) = engine.ask()
        assert resumed.ask() == [asked]
        for each in (engine, resumed):
            each.tell(asked, float(number))


@every_engine
def test_a_worker_that_asks_again_gets_what_it_has_not_told(variant: str) -> None:
    engine, resumed = make(variant, "mixed"), make(variant, "mixed")
    (first,) = engine.ask(worker="a")
    (other,) = engine.ask(worker="b")
    assert engine.ask(worker="a") == [first] != [other]
    resumed.replay([Asked(0, first.config, "a"), Asked(1, other.config, "b")])
    assert resumed.ask(2, worker="a")[0] == first
    resumed.tell(first, 1.0)
    assert [each.number for each in resumed.ask(worker="a")] == [2]
