"""`scalesearch cluster`: print the script or manifest that runs a job on a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from runners.cli.output import answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(cluster)


def cluster(
    kind: Annotated[str, typer.Argument(help="slurm, pbs, ray-job or kuberay.")],
    job: Annotated[Path, typer.Argument(help="The job file, at its path on the cluster.")],
    nodes: Annotated[int, typer.Option(help="Nodes, or pods; one needs no Ray.")] = 1,
    walltime: Annotated[str, typer.Option(help="Of an allocation: seconds or HH:MM:SS.")] = "1:00:00",
    cpus: Annotated[int | None, typer.Option(help="Of a node.")] = None,
    gpus: Annotated[int, typer.Option(help="Of a node.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Trials at a time; all there is room for.")] = None,
    out: Annotated[str | None, typer.Option(help="Results; on a file system that all nodes share.")] = None,
    partition: Annotated[str, typer.Option(help="Slurm's partition, or the queue of PBS.")] = "",
    account: Annotated[str, typer.Option(help="Who pays, for Slurm and PBS.")] = "",
    image: Annotated[str, typer.Option(help="KubeRay: with Ray and scalesearch.")] = "scalesearch:latest",
    claim: Annotated[str, typer.Option(help="KubeRay: keeps the results.")] = "scalesearch-results",
    address: Annotated[str, typer.Option(help="ray-job: the job server.")] = "http://127.0.0.1:8265",
) -> None:
    """Print what runs a job on a cluster: a script for Slurm, PBS or `ray job submit`, a RayJob manifest."""
    from runners.cluster import Cluster, render
    from runners.jobs.job import read_text
    from runners.jobs.job_file import read_job_file
    from runners.walltime import parse_walltime

    text = read_text(job)
    asked = Cluster(
        nodes,
        parse_walltime(walltime),
        cpus,
        gpus,
        workers,
        out,
        partition,
        account,
        image,
        claim,
        address,
    )
    answer(render(kind, job, text, read_job_file(text, job.stem), asked))
