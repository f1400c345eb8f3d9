"""Ray: one actor per slot, on this machine or on a cluster.

Ray retries nothing here (its defaults would run a crashing trial four times and an out-of-memory trial for
ever), a time limit kills the actor (a cancelled Ray task may keep running or even return), and a node that
goes away ends its tasks as LOST. This is the only file that imports Ray.
"""

import logging
import os
import socket
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray is imported

import ray
from ray import cloudpickle
from ray.exceptions import (
    ActorUnavailableError,
    ActorUnschedulableError,
    NodeDiedError,
    RayActorError,
    RayError,
)

from runners.backend import Status, Task
from runners.backends.slots import SlotBackend, Worker, WorkerGone
from runners.worker import describe, execute_pickled
from spaces.errors import BadInput


class _Actor:
    """Runs pickled tasks; bytes in and bytes out, so that Ray never sees an exception or a result."""

    def hello(self) -> bytes:
        """The node this actor is on, as a sign of life."""
        return bytes.fromhex(ray.get_runtime_context().get_node_id())

    def run(self, number: int, payload: bytes) -> bytes:
        return execute_pickled(number, payload)


_remote_actor: Any = ray.remote(_Actor)
_OPTIONS = {
    "num_cpus": 1,
    "scheduling_strategy": "SPREAD",
    "max_restarts": 0,
    "max_task_retries": 0,
    "enable_task_events": False,  # or the cluster's control store grows with every trial
}


class RayWorker(Worker):
    """One actor and the one call it is busy with."""

    def __init__(self) -> None:
        self._actor: Any = _remote_actor.options(**_OPTIONS).remote()
        self._node: str | None = None
        self.pending: Any = self._actor.hello.remote()

    def send(self, number: int, payload: bytes) -> None:
        """Begin a pickled task."""
        self.pending = self._actor.run.remote(number, payload)

    def receive(self) -> bytes:
        """The message that has arrived."""
        pending, self.pending = self.pending, None
        try:
            message: bytes = ray.get(pending)
        except RayError as error:
            raise WorkerGone(self._status(error), describe(error)) from None
        if self._node is None:
            self._node = message.hex()
        return message

    def kill(self) -> None:
        """Kill the actor's process; Ray kills its children, `objectives.watcher` a program's too."""
        self.pending = None
        if ray.is_initialized():
            ray.kill(self._actor, no_restart=True)

    def _status(self, error: RayError) -> Status:
        """LOST where the machine went away: by the error's type, or because the node is gone."""
        if isinstance(error, ActorUnavailableError | ActorUnschedulableError | NodeDiedError):
            return Status.LOST
        if isinstance(error, RayActorError) and error.preempted:
            return Status.LOST
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        alive = {node["NodeID"] for node in nodes if node["Alive"]}
        return Status.LOST if self._node is not None and self._node not in alive else Status.CRASHED


class RayBackend(SlotBackend[RayWorker]):
    """Actors of a Ray cluster, each with one logical CPU.

    Args:
        slots: how many; by default one for each CPU of the cluster (of this machine where it is "local").
        address: "local" starts a cluster on this machine, which ends with the backend; otherwise the address
            of a running one. A process that is connected to Ray already stays so, and `address` is ignored.

    Raises:
        BadInput: the cluster does not answer, or has fewer CPUs than slots.
    """

    def __init__(self, slots: int | None = None, address: str = "local", patience: float = 300.0) -> None:
        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            connect(address, slots)
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        cpus = int(resources.get("CPU", 0))
        if cpus < (slots or 1):
            self._disconnect()
            raise BadInput.of("workers", f"at most the {cpus} CPUs of the Ray cluster", slots)
        super().__init__(slots or cpus, patience)

    def close(self) -> None:
        """Kill all actors, and end the connection where this backend made it; may be called again."""
        super().close()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._owns_connection:
            self._owns_connection = False
            ray.shutdown()

    def _start_worker(self) -> RayWorker:
        return RayWorker()

    def _with_message(self, workers: Sequence[RayWorker], seconds: float) -> list[RayWorker]:
        waiting = {worker.pending: worker for worker in workers if worker.pending is not None}
        if not waiting:
            return []
        ready, others = ray.wait(list(waiting), num_returns=1, timeout=seconds)
        if ready and others:
            ready += ray.wait(others, num_returns=len(others), timeout=0)[0]
        return [waiting[reference] for reference in ready]

    def _pickle(self, task: Task) -> bytes:
        pickled: bytes = cloudpickle.dumps(task)  # type: ignore[no-untyped-call]
        return pickled


def connect(address: str = "local", cpus: int | None = None) -> None:
    """Connect this process to Ray, without dashboard, usage statistics or the trials' output.

    Raises:
        BadInput: nobody answers at the address.
    """
    # Ray reports dead workers on stdout, which is for the answer; there is no public switch for that.
    ray._private.worker._worker_logs_enabled = False
    try:
        _knock(address)
        ray.init(
            address,
            num_cpus=cpus if address == "local" else None,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except OSError as error:
        raise BadInput.of(
            "runner.address",
            "a Ray cluster that answers (does it run, and has this shell its token: RAY_AUTH_MODE=token with "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH?)",
            f"{address}: {describe(error)}",
        ) from None


def _knock(address: str) -> None:
    """Raise `OSError` where nothing listens at host:port; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "://" not in address:
        socket.create_connection((host, int(port)), timeout=10).close()
