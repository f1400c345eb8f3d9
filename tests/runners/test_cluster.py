"""Scripts for clusters: their syntax, their options, and what they do where a batch system is faked."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from runners.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
MAIN_JOB = "experiments/jobs/best-1e21.yaml"
SIZE = ["--nodes", "4", "--cpus", "32", "--walltime", "12:00:00"]
EXAMPLES = {
    "slurm.sh": ["slurm", MAIN_JOB, *SIZE],
    "pbs.sh": ["pbs", MAIN_JOB, *SIZE],
    "ray-job.sh": ["ray-job", MAIN_JOB, "--out", "/shared/results/best-1e21"],
    "kuberay.yaml": ["kuberay", MAIN_JOB, *SIZE],
}
AWKWARD = "it's a; rm -rf $(job) 'file'.yaml"


@pytest.fixture
def rendered(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)

    def render(*arguments: str) -> str:
        assert main(["cluster", *arguments]) == 0
        return capfd.readouterr().out

    return render


def checked(script: str) -> str:
    """The script, once bash has read it without a complaint."""
    found = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    return script


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_what_the_command_prints(rendered: Any, name: str) -> None:
    written = (ROOT / "experiments/cluster" / name).read_text()
    version = re.compile(r'rayVersion: ".*"')
    assert version.sub("", rendered(*EXAMPLES[name])) == version.sub("", written)


@pytest.mark.parametrize("kind", ["slurm", "pbs", "ray-job"])
@pytest.mark.parametrize(
    "options", [[], ["--nodes", "3", "--gpus", "8", "--partition", "gpu", "--account", "a1"]]
)
def test_scripts_are_bash_whatever_the_job_is_called(
    rendered: Any, kind: str, options: list[str], tmp_path: Path
) -> None:
    job = tmp_path / AWKWARD
    job.write_text((ROOT / MAIN_JOB).read_text())
    script = checked(rendered(kind, str(job), "--out", str(tmp_path / "o u t"), *options))
    assert "{{" not in script
    assert "{%" not in script


def test_slurm_options_stand_where_slurm_reads_them(rendered: Any) -> None:
    options = ["--gpus", "8", "--partition", "gpu", "--account", "a1"]
    lines = rendered("slurm", MAIN_JOB, *SIZE, *options).splitlines()
    directives = [line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")]
    assert {
        "nodes=4", "time=12:00:00", "signal=B:TERM@300", "requeue", "cpus-per-task=32", "gpus-per-node=8",
        "partition=gpu", "account=a1",
    } <= set(directives)  # fmt: skip
    first_command = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    assert all(not line.startswith("#SBATCH") for line in lines[first_command:])


def test_pbs_options_stand_where_pbs_reads_them(rendered: Any) -> None:
    lines = rendered("pbs", MAIN_JOB, *SIZE, "--gpus", "8", "--partition", "big").splitlines()
    assert {
        "#PBS -l select=4:ncpus=32:mpiprocs=1:ngpus=8",
        "#PBS -l walltime=12:00:00",
        "#PBS -q big",
    } <= set(lines)


def test_the_manifest_has_the_fields_of_a_rayjob(rendered: Any) -> None:
    text = rendered("kuberay", MAIN_JOB, *SIZE, "--gpus", "2", "--claim", "store", "--image", "me/it:1")
    config, job = yaml.safe_load_all(text)
    assert yaml.safe_load(config["data"]["job.yaml"]) == yaml.safe_load((ROOT / MAIN_JOB).read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert set(spec) == {
        "entrypoint", "submissionMode", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished",
        "activeDeadlineSeconds", "backoffLimit", "rayClusterSpec",
    }  # fmt: skip
    assert "--resume" in spec["entrypoint"], "a retry goes on from the journal"
    (group,) = spec["rayClusterSpec"]["workerGroupSpecs"]
    assert (group["minReplicas"], group["replicas"], group["maxReplicas"]) == (0, 4, 4)
    for template in (spec["rayClusterSpec"]["headGroupSpec"]["template"], group["template"]):
        (container,) = template["spec"]["containers"]
        assert container["image"] == "me/it:1"
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in template["spec"]["volumes"]}
        assert {"name": "results", "persistentVolumeClaim": {"claimName": "store"}} in template["spec"][
            "volumes"
        ]
    assert group["template"]["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "32",
        "nvidia.com/gpu": "2",
    }


def test_mistakes_are_named(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    job = str(ROOT / MAIN_JOB)
    wrong = {
        ("slrm", job): "kind: expected slurm | pbs | ray-job | kuberay (did you mean slurm?), got slrm",
        ("slurm", job, "--walltime", "200"): "walltime: expected more than the 300 s",
        ("slurm", job, "--nodes", "0"): "nodes: expected a count of at least 1, got 0",
        ("slurm", job, "--account", "a b\n#SBATCH"): "account: expected letters, digits",
        ("ray-job", job): "out: expected an absolute path that outlives the cluster",
        ("pbs", str(tmp_path / "none.yaml")): "job file: expected a readable YAML file",
    }
    for arguments, message in wrong.items():
        assert main(["cluster", *arguments]) == 2
        assert message in capfd.readouterr().err
    (tmp_path / "bad.yaml").write_text("evaluations: many\n")
    assert main(["cluster", "slurm", str(tmp_path / "bad.yaml")]) == 2
    assert "evaluations: expected a whole number" in capfd.readouterr().err


JOB = """
name: steps
evaluations: 14
engine: random
space: {parameters: {x: {type: float, lower: 0, upper: 1}}}
objective: {kind: command, command: "sh -c 'sleep 0.5; echo {x}'"}
"""


class Allocation:
    """A script that runs as if a batch system had started it; `requeued` lists what it asked of that."""

    def __init__(self, folder: Path, script: str) -> None:
        self.folder, self.script = folder, folder / "script.sh"
        self.script.write_text(checked(script))
        commands = folder / "bin"
        commands.mkdir()
        answer = 'if [ "$1" = show ]; then hostname; else echo "$@" >> requeued; fi'
        for name in ("scontrol", "qsub"):
            (commands / name).write_text(f"#!/bin/sh\n{answer}\n")
            (commands / name).chmod(0o755)
        own = Path(sys.executable).parent
        self.environment = {
            **os.environ,
            "PATH": f"{commands}:{own}:{os.environ['PATH']}",
            "HOME": str(folder),
            "SLURM_SUBMIT_DIR": str(folder), "SLURM_JOB_ID": str(os.getpid()), "SLURM_JOB_NODELIST": "here",
            "SLURM_CPUS_ON_NODE": "2",
            "PBS_O_WORKDIR": str(folder), "PBS_JOBID": f"{os.getpid()}.server",
            "PBS_NODEFILE": str(folder / "nodes"),
        }  # fmt: skip
        (folder / "nodes").write_text(f"{socket.gethostname()}\n" * 2)

    def start(self) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                ["bash", str(self.script)],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def requeued(self) -> list[str]:
        path = self.folder / "requeued"
        return path.read_text().splitlines() if path.exists() else []

    def await_outcomes(self, process: subprocess.Popen[bytes], count: int) -> None:
        journal = self.folder / "results/steps/searches/steps/journal.jsonl"
        deadline = time.monotonic() + 120
        while not journal.exists() or journal.read_bytes().count(b'"done"') < count:
            assert process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def status(self) -> dict[str, Any]:
        answer = subprocess.run(
            ["scalesearch", "status", str(self.folder / "results/steps"), "--json"],
            env=self.environment, capture_output=True, check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(answer.stdout)
        return found


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "asked"), [("slurm", "requeue"), ("pbs", "-W depend=afterany")])
def test_a_warning_checkpoints_and_requeues_and_the_next_allocation_finishes(
    rendered: Any, tmp_path: Path, kind: str, asked: str
) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    allocation = Allocation(tmp_path, rendered(kind, str(tmp_path / "job.yaml"), "--workers", "2"))
    first = allocation.start()
    allocation.await_outcomes(first, 3)
    first.send_signal(signal.SIGTERM)  # to the batch shell alone, as --signal=B:TERM does
    assert first.wait(60) == 0
    assert [line.startswith(asked) for line in allocation.requeued] == [True]
    halfway = allocation.status()
    assert halfway["state"] == "stopped"
    assert halfway["done"] >= 3
    second = allocation.start()
    assert second.wait(120) == 0, (tmp_path / "log").read_text()
    assert len(allocation.requeued) == 1
    assert allocation.status()["done"] == 14


@pytest.mark.slow
@pytest.mark.ray
def test_an_allocation_of_several_nodes_starts_a_ray_cluster_and_leaves_nothing_behind(
    rendered: Any, tmp_path: Path
) -> None:
    """All nodes but the first are left out: they would be this machine again."""
    (tmp_path / "job.yaml").write_text(JOB.replace("14", "4"))
    script = rendered("slurm", str(tmp_path / "job.yaml"), "--nodes", "2", "--workers", "2")
    allocation = Allocation(tmp_path, script)
    process = allocation.start()
    assert process.wait(180) == 0, (tmp_path / "log").read_text()
    assert allocation.status()["done"] == 4
    assert not allocation.requeued
    temporary = f"/tmp/ray-{os.getpid()}"
    deadline = time.monotonic() + 30
    while temporary in _processes() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert temporary not in _processes()


def _processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
