"""Published tables of real training runs as `Runs`, for benchmarks and tests: read from the folder `shared`.

The folder stands beside the checkout and is not part of the project; what needs it says so by name.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from objectives.capability.downstream_checkpoints import Checkpoints
from objectives.capability.score_columns import parse_score_columns
from objectives.capability.score_table import Scores, read_scores
from objectives.laws.law import Count
from objectives.runs import Runs

SHARED = Path(__file__).resolve().parents[2] / "shared"
T5_TOKENS_PER_STEP = 65_536
T5_WEIGHTS, VIT_WEIGHTS = 24 * 12 * 768**2, 12 * 12 * 768**2
"""Weights of the models of scale 1, embeddings left out (Frantar et al. 2023)."""
MMLU_COLUMNS = "tokens=tokens_T*1e12,n_total=est_params_B*1e9,mmlu=MMLU,experts=n_experts"
RELEASED = {"GPT-Neo/J": 2021, "OPT": 2022, "BLOOM": 2022} | dict.fromkeys(
    ("Llama-3", "Qwen1.5", "Gemma", "StarCoder2", "DeepSeek-LLM", "StableLM"), 2024
)
"""Year of the families of models with an MMLU, from memory; 2023 where none is given."""
GENERAL_2024 = ("Llama-3", "Qwen1.5", "Gemma", "DeepSeek-LLM", "StableLM")
"""Those of 2024 that are no code models."""
LADDER_SIZES, LADDER_LENGTHS = ("190M", "370M", "760M", "1B"), ("1xC", "2xC", "5xC", "10xC")
LADDER_AVERAGE = 5
"""Checkpoints the ladder's published fits average (Bhagia et al. 2024)."""


@dataclass(frozen=True, eq=False)
class RealTable:
    """Runs of one publication, and the family it fitted to them."""

    name: str
    family: str
    runs: Runs
    group: str
    """Tables of one group share their models, so they count as one."""


def real_tables(shared: Path = SHARED) -> Iterator[RealTable]:
    """Every table of runs in N, D and S there is.

    Raises:
        FileNotFoundError: the folder is not there.
    """
    data = shared / "data"
    if not data.is_dir():
        raise FileNotFoundError(
            f"needs the real training runs in {data.name}/ of the folder shared, beside the checkout"
        )
    yield RealTable("epoch-240", "hoffmann", chinchilla(data, drop=5), "epoch")
    yield RealTable("epoch-245", "hoffmann", chinchilla(data), "epoch")
    yield RealTable("frantar-t5", "frantar", pruned_t5(data), "frantar-t5")
    yield RealTable("frantar-vit", "frantar", pruned_vit(data), "frantar-vit")
    for router in ("S-Base", "RL-R", "Hash"):
        yield RealTable(f"clark-{router.lower()}", "clark", routed(data, router), "clark")
    for loss in ("ce_c4_en", "ce_pile", "ce_wikitext_103", "bpb_hellaswag_val_rc_5shot"):
        yield RealTable(f"ladder-{loss}", "hoffmann", ladder(data, loss), "ladder")
    yield RealTable("steplaw-dense", "hoffmann", best_recipes(data), "steplaw-dense")
    yield RealTable("steplaw-moe", "generalized", best_sparse_recipes(data), "steplaw-moe")
    yield RealTable("repeated-data", "data-constrained", repeated(data), "repeated-data")
    for setting, runs in isoflops(data).items():
        yield RealTable(f"porian-{setting}", "hoffmann", runs, "porian")


def runs_of(table: pd.DataFrame, count: Count = Count.TOTAL, source: str = "", **columns: Any) -> Runs:
    """Runs from columns n, tokens, loss, and optionally sparsity and more inputs or facts."""
    arrays = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    arrays.setdefault("sparsity", np.zeros(len(table)))
    n, tokens, sparsity, loss = (arrays.pop(name) for name in ("n", "tokens", "sparsity", "loss"))
    extra = {name: arrays.pop(name) for name in ("unique_tokens",) if name in arrays}
    return Runs(n, tokens, sparsity, loss, extra=extra, about=arrays, count=count, source=source)


def chinchilla(data: Path, drop: int = 0) -> Runs:
    """Runs read off Chinchilla's Figure 4 by Epoch; the highest losses may be left out."""
    table = pd.read_csv(data / "epoch-chinchilla" / "svg_extracted_data.csv").sort_values("loss")
    table = table.iloc[: len(table) - drop]
    n, flops = table["Model Size"], table["Training FLOP"]
    return runs_of(table, n=n, tokens=flops / (6 * n), loss=table["loss"], source="epoch-chinchilla")


def pruned_t5(data: Path) -> Runs:
    """Frantar's pruned T5 models on C4."""
    table = pd.read_csv(data / "frantar-sparsity" / "t5-data.csv")
    n, tokens = T5_WEIGHTS * table["scale"] * (1 - table["sparsity"]), table["steps"] * T5_TOKENS_PER_STEP
    columns = {"n": n, "tokens": tokens, "sparsity": table["sparsity"], "loss": table["val-loss"]}
    return runs_of(table, Count.NONZERO, "frantar-t5", **columns)


def pruned_vit(data: Path) -> Runs:
    """Frantar's pruned vision transformers on JFT; images stand for tokens."""
    table = pd.DataFrame(json.loads((data / "frantar-sparsity" / "vit-data.json").read_text()))
    n = VIT_WEIGHTS * table["scale"] * (1 - table["sparsity"])
    columns = {
        "n": n,
        "tokens": table["total_examples"],
        "sparsity": table["sparsity"],
        "loss": table["val-loss"],
    }
    return runs_of(table, Count.NONZERO, "frantar-vit", **columns)


def routed(data: Path, router: str) -> Runs:
    """Clark's routed models after their last step: every other layer routed, top-1."""
    table = pd.read_csv(data / "clark-routed" / "curves.csv.gz").sort_values("step")
    table = table.groupby("hyper_id").tail(1)
    table = table[(table["k"] == 1) & (table["routing_frequency"] == 0.5) & (table["router_type"] == router)]
    columns = {"n": table["dense_parameter_count"], "tokens": np.full(len(table), 130e9)}
    columns |= {"sparsity": 1 - 1 / table["num_experts"], "loss": table["loss_validation"]}
    return runs_of(table, Count.ACTIVE, f"clark-{router}", **columns)


def ladder(data: Path, loss: str, sizes: tuple[str, ...] = (), lengths: tuple[str, ...] = ()) -> Runs:
    """The OLMo ladder: loss averaged over the last checkpoints of each run, as its authors do.

    With `sizes` and `lengths` only those runs, without reruns and targets.
    """
    table = pd.read_csv(data / "olmo-ladder" / "ladder_all_checkpoints.csv.gz").sort_values("step")
    table = table[~table["run"].str.contains("rerun|anneal|medlr")]
    if sizes:
        names = {f"{size}-{length}" for size in sizes for length in lengths}
        table = table[table["run"].isin(names)]
    last = table.groupby("run").tail(LADDER_AVERAGE).groupby("run")
    n, tokens = last["N"].first(), last["tokens"].last()
    return runs_of(n.to_frame(), n=n, tokens=tokens, loss=last[loss].mean(), source=f"ladder-{loss}")


def ladder_checkpoints(data: Path, task: str, sizes: tuple[str, ...] = LADDER_SIZES) -> Checkpoints:
    """Every checkpoint of the 16 runs behind the ladder's published predictions, with a task's loss.

    With other sizes, those runs.
    """
    runs = [f"{size}-{length}" for size in sizes for length in LADDER_LENGTHS]
    return _checkpoints(data, task, runs)


def ladder_targets(data: Path, task: str) -> Checkpoints:
    """The 7B and 13B models the ladder is for."""
    return _checkpoints(data, task, ["peteish7_eval_anneal", "peteish13_eval_full"])


def _checkpoints(data: Path, task: str, runs: list[str]) -> Checkpoints:
    table = pd.read_csv(data / "olmo-ladder" / "ladder_all_checkpoints.csv.gz")
    table = table[table["run"].isin(runs)].sort_values(["run", "tokens"])
    names = ("N", "tokens", f"bpb_{task}_rc_5shot", f"acc_{task}_rc_5shot")
    n, tokens, loss, accuracy = (table[name].to_numpy(float) for name in names)
    return Checkpoints(table["run"].to_numpy(str), n, tokens, loss, accuracy)


def best_recipes(data: Path) -> Runs:
    """Step Law's dense models, each size and length at its best learning rate and batch."""
    table = pd.read_csv(data / "steplaw" / "dense_lr_bs_loss.csv")
    table = table.loc[table.groupby(["N", "D"])["smooth loss"].idxmin()]
    columns = {"n": table["N"], "tokens": table["D"], "loss": table["smooth loss"]}
    return runs_of(table, Count.NON_EMBEDDING, "steplaw-dense", **columns)


def best_sparse_recipes(data: Path) -> Runs:
    """Step Law's mixtures of experts, likewise."""
    table = pd.read_csv(data / "steplaw" / "moe_lr_bs_loss.csv")
    table = table.loc[table.groupby(["N", "Na", "D"])["smooth loss"].idxmin()]
    columns = {"n": table["Na"], "tokens": table["D"], "sparsity": 1 - table["Na"] / table["N"]}
    return runs_of(table, Count.ACTIVE, "steplaw-moe", loss=table["smooth loss"], **columns)


def repeated(data: Path) -> Runs:
    """Muennighoff's runs on repeated data, the 182 their fit is about."""
    table = pd.read_csv(data / "scalebench" / "data_constrained.csv")
    columns = {name: table[name] for name in ("tokens", "unique_tokens", "loss")}
    return runs_of(table, Count.TOTAL, "repeated-data", n=table["params"], **columns)


def mmlu_models(data: Path) -> Scores:
    """Open models of 2021 to 2024 with shape, tokens and MMLU; mixtures and unknown tokens left out."""
    path = data / "llm-benchmarks" / "mmlu_architectures.csv"
    models = read_scores(path, parse_score_columns(MMLU_COLUMNS))
    year = np.array([RELEASED.get(name, 2023) for name in models.family], dtype=np.float64)
    return replace(models, year=year)


def isoflops(data: Path) -> dict[str, Runs]:
    """Porian's isoFLOP sweeps, a table for each setting."""
    table = pd.read_csv(data / "porian" / "isoflop_points.csv.gz")
    settings = ["dataset", "hparams", "warmup", "decay", "param_count", "val"]
    return {
        "-".join(part[settings].iloc[0]): runs_of(
            part,
            Count.NON_EMBEDDING,
            "porian",
            n=part["N"],
            tokens=part["D"],
            flops=part["flops"],
            loss=part["loss"],
        )
        for _, part in table.groupby(settings)
    }
