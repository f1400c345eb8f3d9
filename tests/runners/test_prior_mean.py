"""A prior named in a job file: a law under a run of one's own, or a function."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runners.api import run
from runners.jobs.job import build, parse_batch
from runners.jobs.job_file import read_job_file
from spaces.configs import Configs
from spaces.errors import BadInput

JOB = """
evaluations: 4
objective: {kind: python, target: "train.py:train"}
space:
  parameters:
    n_total: {type: float, lower: 1.0e+7, upper: 1.0e+9, log: true}
    tokens: {type: float, lower: 1.0e+8, upper: 1.0e+10, log: true}
    lr: {type: float, lower: 1.0e-4, upper: 1.0e-2, log: true}
"""
TRAIN = """
def train(config):
    return 2.0 + 400 / config["n_total"]**0.34 + 400 / config["tokens"]**0.28 + (config["lr"] - 3e-3) ** 2

def guess(config):
    return -config["tokens"]

def table(configs):
    return -configs["tokens"]

def broken(config):
    raise KeyError("depth")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def first(folder: Path, prior: str) -> dict[str, Any]:
    """The first configuration asked."""
    job = build(read_job_file(JOB + prior, "job").searches[0], folder)
    return dict(job.engine().ask()[0].config)


@pytest.mark.parametrize(
    "prior",
    [
        "prior: {law: hoffmann}",
        "prior: {kind: python, target: 'train.py:guess'}",
        "prior: {kind: python, target: 'train.py:table', table: true}",
    ],
)
def test_a_search_begins_where_its_prior_is_least(folder: Path, prior: str) -> None:
    config = first(folder, prior)
    assert config["tokens"] > 9e9
    assert ("law" not in prior) or config["n_total"] > 9e8


def test_a_prior_belongs_to_the_identity_of_a_job(folder: Path) -> None:
    digests = {
        parse_batch(JOB + prior, "job", folder).jobs[0].digest
        for prior in ("", "prior: {law: hoffmann}", "prior: {law: hoffmann, coefficients: tex}")
    }
    assert len(digests) == 3


def test_parameters_that_a_law_does_not_know_do_not_move_it(folder: Path) -> None:
    job = build(read_job_file(JOB + "prior: {law: hoffmann}", "job").searches[0], folder)
    assert job.prior is not None
    rows = [{"n_total": 1e8, "tokens": 1e9, "lr": lr} for lr in (1e-4, 1e-2)]
    assert np.ptp(np.asarray(job.prior(Configs.from_rows(rows)))) == 0.0


@pytest.mark.parametrize(
    ("prior", "mistake"),
    [
        ("prior: {kind: oracle}", "prior: expected a mapping whose kind is one of law, architecture, python"),
        ("prior: {law: hofmann}", "prior.law: expected .*did you mean hoffmann"),
        ("prior: {law: frantar}", "prior.law: expected a space with n_nonzero"),
        ("prior: {kind: python, target: 'train.py:gess'}", "prior.target: expected a function"),
        ("prior: {kind: architecture, law: hoffmann}", "prior.law: expected a space with layers"),
        ("prior: {law: hoffmann}\nengine: sobol", "prior: expected none for engine sobol"),
        ("engine: {name: native, seed: 3}", "engine: expected options of the engine alone, without seed"),
        ("engine: {name: native, prior: x}", "engine: expected options of the engine alone, without prior"),
    ],
)
def test_mistakes_are_named(folder: Path, prior: str, mistake: str) -> None:
    with pytest.raises(BadInput, match=mistake):
        parse_batch(JOB + prior, "job", folder)


def test_a_function_that_raises_ends_the_search_with_its_reason(folder: Path) -> None:
    (folder / "job.yaml").write_text(JOB + "prior: {kind: python, target: 'train.py:broken'}")
    with pytest.raises(BadInput, match=r"prior.target: expected a number .* KeyError: 'depth'"):
        run(folder / "job.yaml", folder / "out")
