"""The accelerator table and the sparse-peak trap."""

import csv
import re
from pathlib import Path

import pytest

from objectives.hardware import ACCELERATORS, accelerator, dense_peak
from spaces.errors import BadInput


def first_number(cell: str) -> float | None:
    found = re.match(r"[\d.]+", cell)
    return float(found.group()) if found else None


def test_every_row_equals_the_table_of_sources(shared: Path) -> None:
    with (shared / "facts" / "hardware.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(ACCELERATORS)
    for row, known in zip(rows, ACCELERATORS.values(), strict=True):
        assert known.peak_tflops == float(row["bf16_dense_peak_TFLOPs"])
        assert known.trap_tflops == first_number(row["bf16_trap_value_often_quoted"])
        assert known.matmul_tflops == first_number(row["measured_bf16_matmul_max_TFLOPs"])
        assert known.hbm_gb == first_number(row["hbm_GB_vendor"])


@pytest.mark.parametrize("spelling", ["h100-sxm", "H100 SXM", " h100_sxm "])
def test_names_are_forgiving(spelling: str) -> None:
    assert accelerator(spelling).peak_tflops == 989.4


def test_an_only_suffix_may_be_left_out() -> None:
    assert accelerator("H200").name == "h200-sxm"


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("h100", ["h100-sxm", "h100-pcie", "h100-nvl"]),
        ("b2000", ["b200"]),
        ("tpu-v5", ["tpu-v5e", "tpu-v5p"]),
    ],
)
def test_unknown_names_are_answered_with_what_was_meant(name: str, suggested: list[str]) -> None:
    with pytest.raises(BadInput) as error:
        accelerator(name)
    (mistake,) = error.value.mistakes
    hint = mistake.expected.partition("did you mean ")[2]
    assert all(other in hint for other in suggested)
    assert "mi300x" in mistake.expected, "all names are listed"


@pytest.mark.parametrize("name", [name for name, known in ACCELERATORS.items() if known.trap_tflops])
def test_the_trap_figure_of_the_chosen_accelerator_is_refused(name: str) -> None:
    known = accelerator(name)
    assert known.trap_tflops is not None
    for factor in (0.991, 1.0, 1.009):
        with pytest.raises(BadInput, match=rf"{known.peak_tflops:g} TFLOP/s for {name}.*{known.trap} rate"):
            dense_peak(known, known.trap_tflops * factor)
    assert dense_peak(known, known.peak_tflops) == known.peak_tflops


def test_without_an_accelerator_any_known_trap_is_refused() -> None:
    with pytest.raises(BadInput, match="2:4-sparse"):
        dense_peak(None, 1979.0)


def test_a_dense_peak_of_one_accelerator_is_not_the_trap_of_another() -> None:
    assert dense_peak(None, 918.0) == 918.0, "dense on tpu-v6e, int8 on tpu-v5p"
    with pytest.raises(BadInput, match="int8"):
        dense_peak(accelerator("tpu-v5p"), 918.0)


def test_a_peak_of_ones_own_is_taken_and_none_at_all_is_a_mistake() -> None:
    assert dense_peak(None, 376.0) == 376.0
    assert dense_peak(accelerator("h100-sxm"), None) == 989.4
    with pytest.raises(BadInput, match="neither"):
        dense_peak(None, None)
