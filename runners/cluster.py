"""Scripts that bring a job to a cluster: Slurm, PBS, `ray job submit`, KubeRay.

Slurm and PBS scripts start a Ray cluster inside their allocation (on one node: a process pool), run the
driver beside it, and go on in another allocation when time runs out with evaluations left. The templates
are in `runners/templates`; the job's own description is read, so that a wrong one fails here and not after a
night in a queue.
"""

import re
import shlex
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from runners.jobs.job_file import JobFile
from spaces.errors import BadInput, Mistake, one_of

TEMPLATES = {
    "slurm": "slurm.sh.j2",
    "pbs": "pbs.sh.j2",
    "ray-job": "ray-job.sh.j2",
    "kuberay": "kuberay.yaml.j2",
}
MARGIN = 300
"""Seconds before the end of an allocation: the batch system warns then, and nothing more is begun."""
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,45}[a-z0-9])?")
WORD = re.compile(r"[A-Za-z0-9._:/@+-]*")


@dataclass(frozen=True)
class Cluster:
    """What is asked of a cluster, and where things are on it."""

    nodes: int = 1
    seconds: float = 3600.0
    """Wall time of an allocation."""
    cpus: int | None = None
    """Of a node."""
    gpus: int = 0
    """Of a node."""
    workers: int | None = None
    """Trials at a time; as many as the cluster has room for where `None`."""
    out: str | None = None
    """Where results go, on a file system that all nodes share; results/NAME where `None`."""
    partition: str = ""
    """Slurm's partition, or the queue of PBS."""
    account: str = ""
    image: str = "scalesearch:latest"
    claim: str = "scalesearch-results"
    """The persistent volume claim that keeps the results."""
    address: str = "http://127.0.0.1:8265"
    """The job server of a Ray cluster."""


def render(kind: str, job: Path, text: str, description: JobFile, cluster: Cluster) -> str:
    """The script or manifest of a job.

    Args:
        kind: one of `TEMPLATES`.
        job: the path of the job file, as the cluster will know it.
        text: of the job file.
        description: the same, read.
        cluster: what is asked for.

    Raises:
        BadInput: an unknown kind, a value that has no place in a script, or no place for lasting results.
    """
    if kind not in TEMPLATES:
        raise BadInput.of("kind", one_of(TEMPLATES, kind), kind)
    _check(cluster)
    if kind == "ray-job" and not Path(cluster.out or "").is_absolute():
        expected = "an absolute path that outlives the cluster: a job's own folder does not"
        raise BadInput.of("out", expected, cluster.out or "nothing")
    name = _name(description.name)
    template = _environment().get_template(TEMPLATES[kind])
    given = asdict(cluster)
    given["out"] = cluster.out or f"results/{description.name}"
    given["seconds"] = int(cluster.seconds if kind == "kuberay" else cluster.seconds - MARGIN)
    script = template.render(
        **given,
        name=name,
        job=str(job),
        file=job.name,
        folder=str(job.parent),
        text=text,
        runner="ray" if cluster.nodes > 1 else "process",
        walltime=_clock(cluster.seconds),
        margin=MARGIN,
        ray_version=version("ray"),
    )
    return script.rstrip("\n") + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("runners"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        comment_start_string="{##",  # {# is the length of an array in a shell
        comment_end_string="##}",
    )
    environment.filters["sh"] = shlex.quote
    return environment


def _check(cluster: Cluster) -> None:
    """Raise every value that cannot stand in a script."""
    mistakes = [
        Mistake(name, "letters, digits and ._:/@+- only", repr(getattr(cluster, name)))
        for name in ("partition", "account", "image", "claim", "address")
        if not WORD.fullmatch(getattr(cluster, name))
    ]
    counts = {"nodes": cluster.nodes, "cpus": cluster.cpus or 1, "workers": cluster.workers or 1}
    mistakes += [
        Mistake(name, "a count of at least 1", str(count)) for name, count in counts.items() if count < 1
    ]
    if cluster.gpus < 0:
        mistakes.append(Mistake("gpus", "a count of at least 0", str(cluster.gpus)))
    if cluster.seconds <= MARGIN:
        got = f"{cluster.seconds:g} s"
        mistakes.append(Mistake("walltime", f"more than the {MARGIN} s that are left for the end", got))
    if mistakes:
        raise BadInput(mistakes)


def _name(job: str) -> str:
    """A name that Slurm, PBS and Kubernetes all accept, near the job's own."""
    name = re.sub(r"[^a-z0-9]+", "-", job.lower()).strip("-")[:40].strip("-")
    return name if NAME.fullmatch(name) else "search"


def _clock(seconds: float) -> str:
    """HH:MM:SS, as batch systems read it.

    >>> _clock(43200), _clock(100 * 3600 + 61)
    ('12:00:00', '100:01:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
