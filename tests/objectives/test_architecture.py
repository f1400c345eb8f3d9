"""Counting against the published table of architectures, and against the modelling code's own numbers."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from objectives.architecture import Architecture, FeedForward, GroupedQueryAttention, LatentAttention
from objectives.models import Model, models, nearest

Row = dict[str, str]


@pytest.fixture(scope="module")
def table(shared: Path) -> dict[str, Row]:
    with (shared / "facts" / "architectures.csv").open() as lines:
        return {row["model"]: row for row in csv.DictReader(lines)}


def test_the_table_of_models_is_that_of_the_facts(table: dict[str, Row]) -> None:
    assert {model.name for model in models()} == set(table)
    assert len(models()) == 55


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_every_count_of_every_model_is_right_to_the_last_parameter(
    model: Model, table: dict[str, Row]
) -> None:
    row, counts = table[model.name], model.architecture.counts()
    assert counts.total == int(row["params_total"])
    assert counts.active == int(row["params_active_all"])
    assert counts.input_embedding == int(row["params_input_embed"])
    assert counts.head == int(row["params_head"])
    assert counts.active_without_input_embedding == int(row["params_active_no_input_embed"])
    assert counts.matmul == int(row["matmul_params_per_token"])
    assert round(float(counts.sparsity), 4) == float(row["sparsity_S"])
    assert {type(n) for n in (counts.total, counts.active, counts.matmul)} == {int}


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_training_flops_agree_to_every_printed_digit(model: Model, table: dict[str, Row]) -> None:
    row, architecture = table[model.name], model.architecture
    assert model.sequence == int(row["train_seq_len"])
    full = architecture.flops_per_token(model.sequence, causal=False)
    causal = architecture.flops_per_token(model.sequence)
    assert f"{full:.4e}" == row["flops_per_token_train_full_attn"]
    assert f"{causal:.4e}" == row["flops_per_token_train_causal"]
    ratio = causal / (6 * architecture.counts().active)
    assert ratio == pytest.approx(float(row["ratio_causal_to_6N_active"]), abs=5.1e-4)


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_dimensions_are_those_published(model: Model, table: dict[str, Row]) -> None:
    row, architecture = table[model.name], model.architecture
    assert (architecture.layers, architecture.d_model) == (int(row["layers"]), int(row["d_model"]))
    assert architecture.vocab == int(row["vocab"])
    assert architecture.tied_embeddings == bool(int(row["tied_embeddings"]))
    if model.name == "GPT-3-XL":
        return  # 24 heads of 128 do not make the published width of 2048
    assert architecture.attention.heads == int(row["n_heads"])
    if isinstance(architecture.attention, GroupedQueryAttention):
        assert architecture.attention.kv_heads == int(row["n_kv_heads"])
        assert architecture.attention.head_dim == int(row["head_dim"])


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("Llama-3-8B", 8_030_261_248),
        ("DeepSeek-V3", 671_026_404_352),
        ("Mixtral-8x7B", 46_702_792_704),
        ("Pythia-70M", 70_426_624),
        ("gpt-oss-120b", 116_829_156_672),
    ],
)
def test_well_known_totals_hold_without_the_shared_folder(name: str, total: int) -> None:
    assert next(model.n_total for model in models() if model.name == name) == total


def test_a_tied_embedding_is_counted_once_and_multiplied_once() -> None:
    attention = GroupedQueryAttention(2, 2, 4)
    tied = Architecture(1, 8, 100, attention, FeedForward(16), tied_embeddings=True).counts()
    own = Architecture(1, 8, 100, attention, FeedForward(16)).counts()
    assert own.total - tied.total == 800
    assert own.matmul == tied.matmul
    assert own.active_without_input_embedding == tied.active_without_input_embedding


def test_latent_attention_without_a_narrow_query_projects_it_directly() -> None:
    direct, narrow = LatentAttention(16, 512), LatentAttention(16, 512, q_rank=1536)
    assert direct.matmul(2048) - narrow.matmul(2048) == 2048 * 16 * 192 - 1536 * (2048 + 16 * 192)
    assert narrow.other(2048) - direct.other(2048) == 1536


def test_causal_attention_saves_half_of_the_attention() -> None:
    architecture = models()[0].architecture
    full, causal = (architecture.flops_per_token(4096, causal=causal) for causal in (False, True))
    assert full - causal == causal - 6 * architecture.counts().matmul


def test_columns_of_dimensions_count_like_one_model_at_a_time() -> None:
    layers, widths, heads = (np.array(column) for column in ([12, 32, 80], [768, 4096, 8192], [12, 32, 64]))
    table = Architecture(
        layers, widths, 32000, GroupedQueryAttention(heads, heads, 128), FeedForward(4 * widths)
    )
    for i in range(3):
        heads_of_one = int(heads[i])
        one = Architecture(
            int(layers[i]),
            int(widths[i]),
            32000,
            GroupedQueryAttention(heads_of_one, heads_of_one, 128),
            FeedForward(4 * int(widths[i])),
        )
        assert np.asarray(table.counts().total)[i] == one.counts().total
        assert np.asarray(table.flops_per_token(2048))[i] == one.flops_per_token(2048)


@pytest.mark.parametrize("model", models()[::7], ids=lambda model: model.name)
def test_a_model_is_its_own_nearest(model: Model) -> None:
    assert nearest(model.n_total, model.n_active, 1) == [model]


def test_nearest_models_come_in_order_of_their_log_distance_and_know_sparsity_from_size() -> None:
    def distance(name: str) -> float:
        model = next(m for m in models() if m.name == name)
        return math.hypot(math.log(model.n_total / 50e9), math.log(model.n_active / 3e9))

    found = [model.name for model in nearest(50e9, 3e9, 5)]
    assert found == sorted(found, key=distance)
    assert found[0] == "Qwen3-30B-A3B"
    assert nearest(7e9, 7e9, 3)[0].name in {"Llama-2-7B", "Pythia-6.9B", "OLMo-2-7B", "GPT-3-6.7B"}
