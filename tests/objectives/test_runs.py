"""Reading a table of training runs: what it means, and each wrong cell by column and row."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives import laws
from objectives.fit.losses import Huber
from objectives.laws import FAMILIES
from objectives.laws.law import Count
from objectives.misfit import Misfit
from objectives.run_columns import EXTRAS, FIELDS, parse_columns
from objectives.run_conventions import mixed_units
from objectives.runs import Runs, as_runs, read_runs
from spaces.configs import Configs
from spaces.errors import BadInput

CHINCHILLA = {"n_total": "Model Size", "flops": "Training FLOP"}


def write(folder: Path, text: str) -> Path:
    path = folder / "runs.csv"
    path.write_text(text)
    return path


def mistakes(path: Path, **options: object) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_runs(path, **options)  # type: ignore[arg-type]
    return [str(mistake) for mistake in caught.value.mistakes]


def test_tokens_follow_from_flops(tmp_path: Path) -> None:
    runs = read_runs(write(tmp_path, "n,flops,loss\n1e9,1.2e20,2.5\n"))
    assert runs.tokens.tolist() == [2e10]
    assert runs.sparsity.tolist() == [0.0]


def test_tokens_follow_from_flops_through_the_active_parameters(tmp_path: Path) -> None:
    runs = read_runs(write(tmp_path, "n_total,sparsity,flops,loss\n2e9,.5,1.2e20,2.5\n"))
    assert runs.tokens.tolist() == [2e10]
    assert runs.n.tolist() == [2e9]


def test_flops_are_six_times_the_active_parameters_times_tokens_unless_stated(tmp_path: Path) -> None:
    path = write(tmp_path, "n_total,sparsity,tokens,loss\n2e9,.5,2e10,2.5\n")
    assert read_runs(path).flops.tolist() == [1.2e20]
    path = write(tmp_path, "n,tokens,flops,loss\n1e9,2e10,1.5e20,2.5\n")
    assert read_runs(path).flops.tolist() == [1.5e20]


def test_columns_are_mapped_and_the_highest_losses_dropped_in_order(tmp_path: Path) -> None:
    path = write(tmp_path, "size,D,L\n3,1,3.0\n1,1,9.0\n2,1,2.0\n")
    runs = read_runs(path, {"n": "size", "tokens": "D", "loss": "L"}, drop_highest_loss=1)
    assert runs.n.tolist() == [3, 2]
    assert runs.rows.tolist() == [1, 3]


def test_a_size_named_by_what_it_counts_declares_the_count(tmp_path: Path) -> None:
    path = write(tmp_path, "size,tokens,loss\n3,1,3.0\n")
    for count in Count:
        runs = read_runs(path, {str(count): "size"})
        assert (runs.n.tolist(), runs.count) == ([3], count)
    assert read_runs(path, {"n": "size"}).count is None


def test_total_and_active_sizes_give_the_sparsity(tmp_path: Path) -> None:
    runs = read_runs(write(tmp_path, "n_total,n_active,tokens,loss\n8e9,2e9,2e10,2.5\n"))
    assert (runs.n.tolist(), runs.sparsity.tolist(), runs.count) == ([8e9], [0.75], Count.TOTAL)
    assert runs.flops.tolist() == [6 * 2e9 * 2e10]


def test_sizes_that_contradict_the_sparsity_are_named(tmp_path: Path) -> None:
    path = write(
        tmp_path, "n_total,n_active,sparsity,tokens,loss\n8e9,2e9,.75,2e10,2.5\n8e9,2e9,.5,2e10,2.6\n"
    )
    assert mistakes(path) == ["runs.sparsity, row 2: expected 1 - n_active / n_total = 0.75, got 0.5"]
    path = write(tmp_path, "n_total,n_active,tokens,loss\n1e9,2e9,2e10,2.5\n")
    assert mistakes(path) == ["runs.n_active, row 1: expected at most n_total = 1e+09, got 2e+09"]


def test_experts_stand_for_sparsity_and_n_for_the_active_parameters(tmp_path: Path) -> None:
    path = write(tmp_path, "n_total,n_active,experts,tokens,loss\n5e9,1e9,8,2e10,2.5\n4e9,1e9,1,2e10,2.6\n")
    runs = read_runs(path)
    assert runs.sparsity.tolist() == [0.875, 0.0]
    assert (runs.n.tolist(), runs.count) == ([1e9, 1e9], Count.ACTIVE)
    path = write(tmp_path, "n,experts,tokens,loss\n1e9,0.5,2e10,2.5\n")
    assert mistakes(path) == ["runs.experts, row 1: expected a number of experts, at least 1, got 0.5"]


def test_a_mapped_size_leaves_the_others_unread(tmp_path: Path) -> None:
    path = write(tmp_path, "n,n_total,mine,tokens,loss\n1,2,3,1,3.0\n")
    assert read_runs(path, {"n_active": "mine"}).n.tolist() == [3]
    assert "n, n_total" in mistakes(path)[0]


def test_a_bare_n_beside_named_sizes_has_no_count(tmp_path: Path) -> None:
    path = write(tmp_path, "n,n_active,tokens,loss\n1,2,1,3.0\n")
    assert len(mistakes(path)) == 1


def test_inputs_facts_and_labels_find_their_places(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "n_total,n_non_embedding,tokens,loss,unique_tokens,granularity,"
        "learning_rate,batch_tokens,run,schedule\n"
        "9,8,2,3.0,1,4,1e-3,,a,cosine\n9,8,3,2.9,1,4,1e-3,512,b,wsd\n",
    )
    runs = read_runs(path)
    assert sorted(runs.extra) == ["granularity", "unique_tokens"]
    assert sorted(runs.about) == ["batch_tokens", "learning_rate", "n_non_embedding"]
    assert np.isnan(runs.about["batch_tokens"][0])
    assert runs.labels["run"].tolist() == ["a", "b"]
    last = runs.take(np.array([1]))
    assert (last.labels["schedule"].tolist(), last.extra["unique_tokens"].tolist(), last.rows.tolist()) == (
        ["wsd"],
        [1],
        [2],
    )


def test_every_extra_input_of_a_law_is_a_field() -> None:
    assert {kind.extra.name for kind in FAMILIES if kind.extra} <= set(EXTRAS)


def test_every_wrong_cell_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,sparsity,loss\n1e9,2e10,0,2.5\nbig,2e10,1,-1\n0,inf,0.5,\n")
    assert mistakes(path) == [
        "runs.n, row 2: expected a positive finite number, got big",
        "runs.n, row 3: expected a positive finite number, got 0",
        "runs.tokens, row 3: expected a positive finite number, got inf",
        "runs.loss, row 2: expected a positive finite number, got -1",
        "runs.loss, row 3: expected a positive finite number, got an empty cell",
        "runs.sparsity, row 2: expected a number in [0, 1), got 1",
    ]


@pytest.mark.parametrize("cell", ["0", "-0.1", "nan", "NA", "2,5", "3.1 nats", "inf"])
def test_no_loss_but_a_positive_number_is_taken(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path, f'n,tokens,loss\n1,1,3\n1,1,"{cell}"\n')
    assert mistakes(path) == [f"runs.loss, row 2: expected a positive finite number, got {cell}"]


def test_a_column_of_wrong_cells_is_not_listed_to_its_end(tmp_path: Path) -> None:
    found = mistakes(write(tmp_path, "n,tokens,loss\n" + "1,1,?\n" * 1000))
    assert len(found) == 21
    assert found[-1] == "runs.loss, 980 further rows: expected a positive finite number, got other cells"


def test_a_learning_rate_may_be_blank_but_not_text(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss,learning_rate\n1,1,3,\n1,2,3,high\n")
    assert mistakes(path) == ["runs.learning_rate, row 2: expected a positive finite number, got high"]


def test_missing_columns_are_named_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,2\n")
    assert mistakes(path, columns={"n": "a", "lr": "b"}) == [
        f"columns.lr: expected {' | '.join(FIELDS)}, got lr",
        "columns.loss: expected a column of the table (a, b), got loss",
        "columns: expected a column of tokens or of flops among a, b, got neither",
    ]


def test_a_column_of_another_case_is_suggested(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,Loss\n1,1,3\n")
    assert mistakes(path) == [
        "columns.loss: expected a column of the table (n, tokens, Loss; did you mean Loss?), got loss"
    ]


def test_a_column_there_twice_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss,loss,x,x\n1,1,3,4,5,6\n")
    assert mistakes(path) == ["runs.loss: expected a column of this name, got 2 of them"]
    assert len(read_runs(path, {"loss": "tokens"})) == 1


def test_a_header_among_the_rows_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss\n1,1,3\nn,tokens,loss\n1,2,3\n")
    assert mistakes(path) == [
        "runs, row 2: expected a run, got the header once more (were two files joined?)"
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "n,tokens,loss\n", "n,tokens,loss\n1,1,3,4\n", 'n,tokens,loss\n"1,1']
)
def test_a_table_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    found = mistakes(write(tmp_path, text))
    assert len(found) == 1
    assert "\n" not in found[0]


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\xff\xfe\x00n",
        b"n,tokens\xe9,loss\n",
        gzip.compress(b"n" * 99, mtime=0)[:-9],
    ],
)
def test_a_binary_or_torn_file_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(data)
    found = mistakes(path)
    assert len(found) == 1
    assert found[0].startswith("runs: expected a readable CSV file of training runs (runs.csv), got ")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in mistakes(tmp_path / "gone.csv")[0]
    assert "directory" in mistakes(tmp_path)[0]


def test_gzip_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = "\ufeffn,tokens,loss\r\n1,2,3\r\n"
    path = tmp_path / "runs.csv"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_runs(path).tokens.tolist() == [2]


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=20))
def test_numbers_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, losses: list[float]
) -> None:
    rows = "".join(f"{2**row},1,{loss!r}\n" for row, loss in enumerate(losses))
    path = write(tmp_path_factory.mktemp("t"), "n,tokens,loss\n" + rows)
    assert read_runs(path).loss.tolist() == losses


NAMES = st.text(
    st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters=","), min_size=1
).filter(lambda name: name == name.strip())


@given(st.dictionaries(st.sampled_from(FIELDS), NAMES, min_size=1))
def test_a_mapping_survives_being_written_as_text(columns: dict[str, str]) -> None:
    assert parse_columns(", ".join(f"{field}={column}" for field, column in columns.items())) == columns


def test_every_bad_piece_of_a_mapping_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        parse_columns("n=a,,loss,=b,tokens=,size=c,n=d")
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "columns: expected field=column, separated by commas, got ''",
        "columns: expected field=column, separated by commas, got 'loss'",
        "columns: expected field=column, separated by commas, got '=b'",
        "columns: expected field=column, separated by commas, got 'tokens='",
        f"columns.size: expected {' | '.join(FIELDS)}, got size",
        "columns.n: expected one column, got a and d",
    ]


def test_a_unit_is_declared_by_option_or_column_and_never_mixed(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss\n1,1,3\n")
    assert read_runs(path).unit == "nats/token"
    assert read_runs(path, unit="bits/byte").unit == "bits/byte"
    path = write(tmp_path, "n,tokens,loss,unit\n1,1,3,bits/token\n1,2,3,bits/token\n")
    assert read_runs(path).unit == "bits/token"
    assert read_runs(path).loss.tolist() == [3, 3]
    assert mistakes(path, unit="nats/token") == [
        "runs.unit: expected one unit for all losses, got mixed units: bits/token, nats/token"
    ]


def table(folder: Path, **columns: np.ndarray) -> Path:
    path = folder / "runs.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def grid() -> dict[str, np.ndarray]:
    n, tokens = (10 ** axis.ravel() for axis in np.meshgrid(np.linspace(7, 9, 5), np.linspace(9, 11, 4)))
    return {"n": n, "tokens": tokens, "loss": laws.get("hoffmann").loss(n, tokens)}


def test_two_parts_in_bits_and_in_nats_are_refused(tmp_path: Path) -> None:
    one = grid()
    noise = np.exp(np.random.default_rng(0).normal(0, 0.003, 20))
    two = {**one, "loss": one["loss"] / np.log(2) * noise}
    both = {name: np.concatenate([one[name], two[name]]) for name in one}
    found = mistakes(table(tmp_path, **both))
    assert found == [
        "runs.loss: expected losses in one unit, got mixed units, by the factor ln 2: rows 1, 2, 3, 4, 5"
        " and 15 more in nats, rows 21, 22, 23, 24, 25 and 15 more in bits"
    ]


@given(st.permutations(range(40)), st.sampled_from([1.02, 1.2, 1.7, 2.0]))
def test_replicates_at_other_distances_are_not_bits(order: list[int], factor: float) -> None:
    one = grid()
    both = {name: np.concatenate([column, column])[order] for name, column in one.items()}
    both["loss"] = both["loss"] * np.where(np.array(order) < 20, 1.0, factor)
    assert mixed_units([both["n"], both["tokens"]], both["loss"]) == []


def test_a_sweep_of_learning_rates_is_not_two_units(tmp_path: Path) -> None:
    one = grid()
    spread = np.exp(np.random.default_rng(1).exponential(0.15, (10, 20)))
    swept = {name: np.tile(column, 10) for name, column in one.items()}
    swept["loss"] = (one["loss"] * spread).ravel()
    assert len(read_runs(table(tmp_path, **swept))) == 200


def test_a_sweep_in_two_units_is_refused_by_its_settings(tmp_path: Path) -> None:
    one = grid()
    spread = np.exp(np.random.default_rng(1).exponential(0.15, (10, 20)))
    swept = {name: np.tile(column, 10) for name, column in one.items()}
    swept |= {
        "loss": (one["loss"] * spread).ravel(),
        "learning_rate": np.repeat(np.geomspace(1e-4, 1e-2, 10), 20),
    }
    bits = {**swept, "loss": swept["loss"] / np.log(2)}
    both = {name: np.concatenate([swept[name], bits[name]]) for name in swept}
    assert "mixed units" in mistakes(table(tmp_path, **both))[0]
    assert len(read_runs(table(tmp_path, **swept))) == 200


def test_two_counts_of_n_in_one_table_are_refused(tmp_path: Path) -> None:
    columns = grid()
    columns["flops"] = 6 * columns["n"] * columns["tokens"]
    columns["n"] = np.where(np.arange(20) % 2, columns["n"], columns["n"] / 2)
    assert mistakes(table(tmp_path, **columns)) == [
        "runs.flops: expected one convention of N: flops / (6 n_active tokens) alike in all rows, got mixed N"
        " conventions: 1 in rows 2, 4, 6, 8, 10 and 5 more and 2 in rows 1, 3, 5, 7, 9 and 5 more"
    ]


def test_flops_of_embeddings_are_no_other_count(tmp_path: Path) -> None:
    columns = grid()
    columns["flops"] = 6 * (columns["n"] + 2e7 * (columns["n"] / 1e8) ** (1 / 3)) * columns["tokens"]
    runs = read_runs(table(tmp_path, **columns))
    np.testing.assert_allclose(runs.flops, columns["flops"])


def test_flops_that_vary_by_more_than_three_are_refused(tmp_path: Path) -> None:
    columns = grid()
    columns["flops"] = 6 * columns["n"] * columns["tokens"] * np.geomspace(1, 4, 20)
    assert "mixed N conventions: 1 in row 1 and 4 in row 20" in mistakes(table(tmp_path, **columns))[0]


def test_a_long_table_loads_every_column_and_a_plan_loads_no_reader(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss\n" + "".join(f"1e9,{row}e6,2.5\n" for row in range(1, 10_001)))
    assert len(read_runs(path)) == 10_000
    code = "import sys, runners.jobs.job, objectives.runs; print('pandas' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"


def test_the_real_tables_are_of_one_convention(shared: Path) -> None:
    data = shared / "data"
    read = [
        read_runs(data / "epoch-chinchilla/svg_extracted_data.csv", CHINCHILLA),
        read_runs(data / "scalebench/data_constrained.csv", {"n": "params"}),
        read_runs(
            data / "steplaw/dense_lr_bs_loss.csv",
            {"n_non_embedding": "N", "tokens": "D", "learning_rate": "lr"},
        ),
        read_runs(data / "steplaw/moe_lr_bs_loss.csv", {"n_total": "N", "n_active": "Na", "tokens": "D"}),
        read_runs(
            data / "olmo-ladder/ladder_final.csv",
            {"n_non_embedding": "N", "loss": "ce_c4_en", "learning_rate": "lr_peak"},
        ),
        read_runs(
            data / "datablations/contour_final.csv",
            {"n": "num_params", "tokens": "token_num", "loss": "openLM_loss"},
        ),
        read_runs(data / "porian/isoflop_points.csv.gz", {"n": "N", "tokens": "D"}),
        read_runs(
            data / "scalebench/lr_bsz.csv",
            {"n_non_embedding": "non_embedding_param_size", "tokens": "data_size", "loss": "lm_loss"},
        ),
    ]
    assert [len(runs) for runs in read] == [245, 182, 1911, 708, 34, 229, 1745, 2819]


def test_text_in_numbers_of_a_real_table_is_named(shared: Path) -> None:
    path = shared / "data/datablations/loss_curves.csv.gz"
    found = mistakes(path, columns={"n": "num_params", "tokens": "token_num"})
    assert found[0] == "runs.num_params, row 1: expected a positive finite number, got 2.8B"
    assert found[-1].startswith("runs.num_params, 9241 further rows")


def test_huber_is_quadratic_near_zero_and_linear_beyond() -> None:
    assert Huber(1.0).value(np.array([0.0, 0.5, -1.0, 3.0])).tolist() == [0.0, 0.125, 0.5, 2.5]


def chinchilla(shared: Path, drop_highest_loss: int = 0) -> Runs:
    path = shared / "data/epoch-chinchilla/svg_extracted_data.csv"
    return read_runs(path, CHINCHILLA, drop_highest_loss=drop_highest_loss)


def test_the_published_misfit_of_the_chinchilla_runs(shared: Path) -> None:
    # Recomputed from the published coefficients on Epoch's 240 points; the optimum itself is 1.0182740e-3.
    runs = chinchilla(shared, drop_highest_loss=5)
    assert len(runs) == 240
    for name, published in {"tex": 1.23116e-3, "rounded": 4.12101e-3}.items():
        law = laws.get("hoffmann", name)
        rows = Configs.from_rows([dict(law.coefficients)])
        assert Misfit(law, runs).evaluate_many(rows)["misfit"][0] == pytest.approx(published, rel=1e-5)


def test_many_coefficients_are_judged_in_one_call(shared: Path) -> None:
    runs = chinchilla(shared)
    law = laws.get("hoffmann", "rounded")
    rows = [{"alpha": 0.3, "beta": 0.3}, {"alpha": 0.34, "beta": 0.28}]
    together = Misfit(law, runs).evaluate_many(Configs.from_rows(rows))["misfit"]
    apart = [Misfit(law, runs).evaluate(row, seed=0)["misfit"] for row in rows]
    assert together.tolist() == pytest.approx(apart, rel=1e-12)
    assert Misfit(law, runs).unsuitable(["alpha", "gamma"])[0].field == "space.gamma"


def test_dropping_every_run_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "n,tokens,loss\n1,1,3.0\n1,1,9.0\n")
    assert mistakes(path, drop_highest_loss=2) == [
        "drop_highest_loss: expected fewer than the 2 runs there are, got 2"
    ]


def test_tables_in_memory_are_read_like_files(tmp_path: Path) -> None:
    import pandas as pd

    path = write(tmp_path, "size,D,loss\n1e8,1e10,3.1\n1e9,2e10,2.6\n2e9,2e10,9.5\n")
    mapped = {"n_total": "size", "tokens": "D"}
    read = read_runs(path, mapped, drop_highest_loss=1)
    frame = pd.DataFrame(
        {"size": [1e8, 1e9, 2e9], "D": [1e10, 2e10, 2e10], "loss": [3.1, 2.6, 9.5]}, index=[7, 8, 9]
    )
    for table in (str(path), frame, frame.to_dict("list"), read):
        runs = as_runs(table, mapped, drop_highest_loss=1)
        assert runs.n.tolist() == read.n.tolist()
        assert runs.count is read.count


def test_mistakes_of_a_table_in_memory_name_column_and_row() -> None:
    with pytest.raises(BadInput) as caught:
        as_runs({"n": [1e8, float("nan")], "tokens": [1e10, 1e10], "loss": [3.0, -1.0]})
    assert [mistake.field for mistake in caught.value.mistakes] == ["runs.n, row 2", "runs.loss, row 2"]
    with pytest.raises(BadInput, match="columns of one length"):
        as_runs({"n": [1e8], "tokens": [1e10, 1e10], "loss": [3.0]})
