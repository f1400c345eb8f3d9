"""The job file's schema: what it makes of a good file, and one line for each mistake of a bad one."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.jobs.job_file import MAX_SEARCHES, SearchSpec, read_job_file
from runners.jobs.resources import Bundle, Resources
from runners.jobs.run_spec import RetriesSpec
from spaces.errors import BadInput


def specs(text: str) -> list[SearchSpec]:
    return read_job_file(text, "job").searches


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_job_file(text, "job")
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_smallest_job_has_defaults() -> None:
    (spec,) = specs("evaluations: 5")
    assert (spec.name, spec.seed, spec.parallel, spec.engine.name) == ("job", 0, 1, "native")
    assert spec.objective.kind == "law"


def test_yaml_reads_1e21_as_text_and_the_job_file_as_a_number() -> None:
    assert specs("{evaluations: 5, budget: {flops: 1e21}}")[0].budget.flops == 1e21  # type: ignore[union-attr]


def test_an_engine_is_a_name_or_a_name_with_options() -> None:
    assert specs("{evaluations: 5, engine: random}")[0].engine.name == "random"
    engine = specs("{evaluations: 5, engine: {name: skopt, kappa: 1.96}}")[0].engine
    assert (engine.name, engine.options) == ("skopt", {"kappa": 1.96})


def test_variants_and_axes_are_crossed_and_named() -> None:
    named = [
        spec.name
        for spec in specs(
            "evaluations: 5\n"
            "searches: {dense: {objective: {law: hoffmann}}, moe: {objective: {law: generalized}}}\n"
            "sweep: {budget.flops: {from: 1e20, to: 1e22, number: 3, scale: log}, seed: [0, 1]}\n"
        )
    ]
    assert named[:2] == ["dense,flops=1e+20,seed=0", "dense,flops=1e+20,seed=1"]
    assert len(set(named)) == 12


def test_a_variant_changes_only_what_it_names() -> None:
    (spec,) = specs(
        "evaluations: 5\nbudget: {flops: 1e21, max_tokens: 1e12}\nsearches: {a: {budget: {flops: 1e20}}}"
    )
    assert spec.budget is not None
    assert (spec.budget.flops, spec.budget.max_tokens) == (1e20, 1e12)


def test_a_range_of_whole_numbers_stays_whole() -> None:
    assert [spec.seed for spec in specs("evaluations: 5\nsweep: {seed: {from: 0, to: 2, number: 3}}")] == [
        0,
        1,
        2,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("evaluations: -3", "evaluations: expected a number of at least 1, got -3"),
        ("seed: 1", "evaluations: expected a value, got nothing"),
        ("evaluations: 2.5", "evaluations: expected a whole number, got 2.5"),
        ("evaluations: true", "evaluations: expected a number, not a truth value, got True"),
        ("evaluations: many", "evaluations: expected a whole number, got 'many'"),
        ("{evaluations: 1, engin: x}", "engin: expected name | seed | evaluations | parallel"),
        ("{evaluations: 1, seed: -1}", "seed: expected a number of at least 0, got -1"),
        ("{evaluations: 1, timeout: 0}", "timeout: expected a number above 0, got 0"),
        ("{evaluations: 1, parallel: some}", "parallel: expected a whole number of at least 1, or auto"),
        ("{evaluations: 1, budget: {flops: .inf}}", "budget.flops: expected a finite number, got inf"),
        ("{evaluations: 1, budget: {flops: .nan}}", "budget.flops: expected a number above 0, got nan"),
        ("{evaluations: 1, budget: {flops: 1e2l}}", "budget.flops: expected a number, got '1e2l'"),
        ("{evaluations: 1, budget: {sparsity: 1}}", "budget.sparsity: expected a number below 1, got 1"),
        ("{evaluations: 1, budget: 3}", "budget: expected a mapping of fields, got 3"),
        ("{evaluations: 1, space: 3}", "space: expected a mapping, got 3"),
        (
            "{evaluations: 1, objective: {kind: misfit, law: x}}",
            "objective.runs: expected a value, got nothing",
        ),
        ("{evaluations: 1, sweep: {seed: []}}", "sweep.seed: expected at least one value, got []"),
        (
            "{evaluations: 1, sweep: {seed: {from: 0, to: 1}}}",
            "sweep.seed.number: expected a value, got nothing",
        ),
        (
            "{evaluations: 1, name: a/b}",
            "name: expected letters, digits and ._=,+- only, for a folder's name",
        ),
        (
            "{evaluations: 1, memory: 2 apples}",
            "memory: expected bytes, such as 2e9 or 2GB, got '2 app",
        ),
        ("{evaluations: 1, memory: -1}", "memory: expected bytes, such as 2e9 or 2GB, got -1"),
        ("{evaluations: 1, memory: true}", "memory: expected a number, not a truth value, got True"),
        (
            "{evaluations: 1, retries: {crashed: -1}}",
            "retries.crashed: expected a number of at least 0, got -1",
        ),
        ("{evaluations: 1, retries: {crash: 1}}", "retries.crash: expected a known field, got this name"),
        ("{evaluations: 1, stop_on: [sunset]}", "stop_on.0: expected 'crashed', 'lost', 'timeout'"),
        ("{evaluations: 1, walltime: tomorrow}", "walltime: expected seconds, or HH:MM:SS, got 'tomorrow'"),
        ("{evaluations: 1, walltime: 0}", "walltime: expected a time above 0, got 0"),
        ("{evaluations: 1, resources: {gpus: -1}}", "resources.gpus: expected a number of at least 0"),
        (
            "{evaluations: 1, resources: {cpus: 2, bundles: [{gpus: 1}]}}",
            "resources: expected either bundles or cpus",
        ),
        ("{evaluations: 1, resources: {strategy: TIGHT}}", "resources.strategy: expected 'PACK', 'SPREAD'"),
        ("{evaluations: 1, searches: {a: {walltime: 5}}}", "walltime: expected name | seed"),
        ("evaluations: [", "job file: expected YAML"),
        ("- evaluations", "job file: expected a mapping of fields, got list"),
        ("", "job file: expected a mapping of fields, got NoneType"),
        ("{evaluations: 1, evaluations: 2}", "job file: expected YAML, got the key evaluations stands twice"),
    ],
)
def test_a_mistake_is_one_line_that_names_its_field(text: str, expected: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_all_mistakes_are_reported_at_once() -> None:
    fields = {line.split(":")[0] for line in mistakes("{evaluations: 0, seed: x, budget: {mfu: 0}, foo: 1}")}
    assert fields == {"evaluations", "seed", "budget.mfu", "foo"}


def test_a_mistake_common_to_many_searches_is_reported_once() -> None:
    assert len(mistakes("{evaluations: 0, sweep: {seed: [1, 2, 3]}}")) == 1


def test_an_axis_of_an_unknown_field_is_refused() -> None:
    assert mistakes("{evaluations: 1, sweep: {budgett.flops: [1]}}")[0].startswith(
        "budgett: expected name | seed"
    )


def test_a_log_range_needs_positive_ends() -> None:
    (line,) = mistakes("{evaluations: 1, sweep: {budget.flops: {from: 0, to: 1, number: 3, scale: log}}}")
    assert line.startswith("sweep.budget.flops: expected positive ends on a log scale")


def test_an_enormous_sweep_is_refused_before_it_is_built() -> None:
    text = "{evaluations: 1, sweep: {seed: {from: 0, to: 99999, number: 100000}, budget.flops: [1, 2]}}"
    assert mistakes(text) == [f"sweep: expected at most {MAX_SEARCHES} searches, got 200000"]
    (line,) = mistakes("{evaluations: 1, sweep: {seed: {from: 0, to: 1, number: 100000000000}}}")
    assert line.startswith("sweep.seed.number: expected a number of at most 100000")


def test_a_mapping_may_take_over_the_keys_of_another() -> None:
    text = "evaluations: 5\nbudget: &b {flops: 1e21}\nsearches: {a: {budget: {<<: *b, max_tokens: 1e12}}}"
    assert specs(text)[0].budget.max_tokens == 1e12  # type: ignore[union-attr]


@given(st.text(max_size=60))
def test_any_text_is_a_batch_or_bad_input(text: str) -> None:
    with contextlib.suppress(BadInput):
        read_job_file(text, "job")


@pytest.mark.parametrize("rest", ["", "sweep: {seed: [1, 2]}"])
def test_a_name_that_leaves_the_folder_is_refused_also_for_a_sweep(rest: str) -> None:
    (line,) = mistakes(f"evaluations: 1\nname: ../../x\n{rest}")
    assert line.startswith("name: expected letters")


def test_searches_that_would_share_a_name_are_refused() -> None:
    (line,) = mistakes("{evaluations: 1, sweep: {budget.flops: [1.00000001e+21, 1.00000002e+21]}}")
    assert line == "sweep: expected values that differ in six digits, to name searches by, got flops=1e+21"


@pytest.mark.parametrize(
    ("text", "size"), [("2e9", 2e9), ("2000000000", 2e9), ("2GB", 2e9), ("1.5 GiB", 1.5 * 2**30)]
)
def test_memory_is_read_with_and_without_a_unit(text: str, size: float) -> None:
    assert specs(f"evaluations: 1\nmemory: {text}")[0].memory == size


@pytest.mark.parametrize("text", ["12:00:00", "'12:00:00'", "43200"])
def test_a_wall_time_is_read_however_yaml_sees_it(text: str) -> None:
    assert read_job_file(f"evaluations: 1\nwalltime: {text}", "job").run.walltime == 43200.0


def test_a_plain_number_of_retries_is_for_what_may_be_bad_luck() -> None:
    (spec,) = specs("evaluations: 1\nretries: 4")
    assert spec.retries == RetriesSpec(crashed=4, temporary=4)


def test_resources_become_bundles() -> None:
    text = "evaluations: 1\nresources: {bundles: [{gpus: 2}, {cpus: 0, gpus: 2}], strategy: SPREAD}"
    given = read_job_file(text, "job").run.resources
    assert given is not None
    assert given.resources() == Resources((Bundle(1.0, 2.0), Bundle(0.0, 2.0)), "SPREAD")
    alone = read_job_file("evaluations: 1\nresources: {cpus: 4}", "job").run.resources
    assert alone is not None
    assert alone.resources() == Resources((Bundle(4.0),))
