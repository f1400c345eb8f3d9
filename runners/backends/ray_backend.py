"""Ray: one actor per slot, on this machine or on a cluster.

Ray retries nothing here (its defaults would run a crashing trial four times and an out-of-memory trial for
ever), a time limit kills the actor (a cancelled Ray task may keep running or even return), and a node that
goes away ends its tasks as LOST. So does the head; where it comes back, the driver connects again. What tasks
report waits for the driver in an actor of its own, the mailbox. This is the only file that imports Ray.
"""

import contextlib
import itertools
import logging
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
if "ray" not in sys.modules and (Path.home() / ".ray/auth_token").exists():
    os.environ.setdefault("RAY_AUTH_MODE", "token")  # read on import; a head of this machine asks for it

import ray
from ray import cloudpickle
from ray.exceptions import (
    ActorUnavailableError,
    ActorUnschedulableError,
    GetTimeoutError,
    NodeDiedError,
    OutOfMemoryError,
    RayActorError,
    RayError,
)
from ray.runtime_env import RuntimeEnv
from ray.util import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from objectives.reporting import Reporter
from runners.backend import BackendGone, Partial, Status, Task
from runners.backends.head import Head, quiet_stderr
from runners.backends.slots import SlotBackend, Worker, WorkerGone
from runners.interrupts import handlers_kept
from runners.jobs.resources import Amounts, Bundle, Resources
from runners.worker import describe, execute_pickled, one_line, warm_up
from spaces.errors import BadInput

_CAPACITY_SECONDS = 5.0
"""How often the cluster is asked whether it has grown."""
_MAIL_SECONDS = 0.2
"""How often the mailbox is emptied, and a task asks it whether to stop."""
_MAIL_PATIENCE = 10.0
"""Longest wait for a mailbox that does not answer; reports may get lost with its node, trials never do."""
log = logging.getLogger(__name__)


class _Mailbox:
    """What tasks have reported, and which of them are to stop; each has a key of its own."""

    def __init__(self) -> None:
        self._partials: list[Partial] = []
        self._stopped: set[int] = set()

    def put(self, key: int, partial: Partial) -> bool:
        """Take in a report; whether its task is to stop."""
        self._partials.append(partial)
        return self.stopped(key)

    def take(self) -> list[Partial]:
        """What has come in since the last time."""
        taken, self._partials = self._partials, []
        return taken

    def stop(self, key: int) -> None:
        self._stopped.add(key)

    def stopped(self, key: int) -> bool:
        return key in self._stopped


class _Actor:
    """Runs pickled tasks; bytes in and bytes out, so that Ray never sees an exception or a result."""

    def hello(self) -> bytes:
        """The node this actor is on, as a sign of life."""
        warm_up()
        return bytes.fromhex(ray.get_runtime_context().get_node_id())

    def run(self, number: int, payload: bytes, mailbox: Any, key: int) -> bytes:
        return execute_pickled(number, payload, None if mailbox is None else _reporter(mailbox, key, number))


def _reporter(mailbox: Any, key: int, number: int) -> Reporter:
    """Puts what task `number` reports into the mailbox; where that is gone, the task goes on in silence."""
    told, asked = False, 0.0

    def call(method: Any, *arguments: Any) -> None:
        nonlocal told, asked
        with contextlib.suppress(RayError):
            told = bool(ray.get(method.remote(*arguments), timeout=_MAIL_PATIENCE))
        asked = time.monotonic()

    def send(step: float, value: float) -> None:
        call(mailbox.put, key, Partial(number, step, value, time.time()))

    def stopped() -> bool:
        if time.monotonic() > asked + _MAIL_SECONDS:
            call(mailbox.stopped, key)
        return told

    return Reporter(send, stopped)


_remote_actor: Any = ray.remote(_Actor)
_remote_mailbox: Any = ray.remote(_Mailbox)
_OPTIONS: dict[str, Any] = {
    "scheduling_strategy": "SPREAD",
    "max_restarts": 0,
    "max_task_retries": 0,
    "enable_task_events": False,  # or the cluster's control store grows with every trial
}


class Mail:
    """The driver's side of the mailbox, which exists once there is a task that reports."""

    def __init__(self) -> None:
        self.box: Any = None
        self.keys = itertools.count()
        self._letters: Any = None
        """What has been asked of the mailbox and not come yet."""

    def open(self) -> None:
        """Have a mailbox; one that dies with its node is started elsewhere, empty."""
        if self.box is None:
            self.box = _remote_mailbox.options(num_cpus=0, max_restarts=-1, enable_task_events=False).remote()

    def take(self) -> list[Partial]:
        """What tasks have reported since the last time; what is late comes with a later call."""
        if self.box is None:
            return []
        self._letters = self._letters or self.box.take.remote()
        partials: list[Partial] = []
        try:
            partials = ray.get(self._letters, timeout=_MAIL_PATIENCE)
        except GetTimeoutError:
            return []
        except RayError as error:
            log.info("reports were lost with the mailbox: %s", one_line(str(error)))
        self._letters = None
        return partials

    def stop(self, key: int) -> None:
        """Tell a task to stop."""
        if self.box is not None:
            self.box.stop.remote(key)

    def close(self) -> None:
        """Have no mailbox."""
        box = self.box
        self.forget()
        if box is not None and ray.is_initialized():
            ray.kill(box)

    def forget(self) -> None:
        """The mailbox went away with its cluster."""
        self.box = self._letters = None


class RayWorker(Worker):
    """One actor and the one call it is busy with.

    Args:
        resources: what it holds while it lives; several bundles are a placement group of its own.
        options: further options of the actor.
        head: of the cluster.
        mail: of the backend.
    """

    def __init__(self, resources: Resources, options: Mapping[str, Any], head: Head, mail: Mail) -> None:
        self._head = head
        self._mail = mail
        self._key = -1
        self._group: Any = None
        placed: dict[str, Any] = {**_OPTIONS, **_needs(resources.bundles[0]), **options}
        if len(resources.bundles) > 1:
            bundles = [bundle.amounts for bundle in resources.bundles]
            self._group = placement_group(bundles, strategy=resources.strategy)
            placed["scheduling_strategy"] = PlacementGroupSchedulingStrategy(self._group, 0, True)
        self._actor: Any = _remote_actor.options(**placed).remote()
        self._node: str | None = None
        self.pending: Any = self._actor.hello.remote()

    def send(self, number: int, payload: bytes) -> None:
        """Begin a pickled task."""
        self._key = next(self._mail.keys)
        self.pending = self._actor.run.remote(number, payload, self._mail.box, self._key)

    def stop(self, number: int) -> None:
        """Tell the task it runs to stop."""
        del number
        self._mail.stop(self._key)

    def receive(self) -> bytes:
        """The message that has arrived."""
        pending, self.pending = self.pending, None
        try:
            message: bytes = ray.get(pending)
        except RayError as error:
            raise WorkerGone(self._status(error), _short(error)) from None
        if self._node is None:
            self._node = message.hex()
        return message

    def kill(self) -> None:
        """Kill the actor's process; Ray kills its children, `objectives.watcher` a program's too."""
        self.pending = None
        if ray.is_initialized() and self._head.answers():
            ray.kill(self._actor, no_restart=True)
            if self._group is not None:
                remove_placement_group(self._group)

    def _status(self, error: RayError) -> Status:
        """LOST where the machine went away: by the error's type, or because the node is gone."""
        if isinstance(error, OutOfMemoryError) or "low on memory" in str(error):
            return Status.MEMORY
        if isinstance(error, ActorUnavailableError | ActorUnschedulableError | NodeDiedError):
            return Status.LOST
        if isinstance(error, RayActorError) and error.preempted:
            return Status.LOST
        if not self._head.answers():
            return Status.LOST
        alive = {node["NodeID"] for node in _nodes()}
        return Status.LOST if self._node is not None and self._node not in alive else Status.CRASHED


class RayBackend(SlotBackend[RayWorker]):
    """Actors of a Ray cluster.

    Args:
        slots: how many; by default as many as the cluster (of this machine where it is "local") has room for,
            and more when it grows. On a cluster elsewhere there may be more than it has room for: its
            autoscaler, if it has one, is asked for the rest.
        address: "local" starts a cluster on this machine, which ends with the backend; otherwise the address
            of a running one, `auto`, `host:port` or `ray://host:port`. A process that is connected to Ray
            already stays so, and `address` is ignored.
        patience: seconds to wait for a first worker, and for a head that went away.
        resources: what each slot takes; one logical CPU if left out.
        runtime_env: for the actors, in Ray's own terms.

    Raises:
        BadInput: the cluster does not answer, refuses the environment, or has no room for a single slot.
    """

    def __init__(
        self,
        slots: int | None = None,
        address: str = "local",
        patience: float = 300.0,
        resources: Resources | None = None,
        runtime_env: Mapping[str, Any] | None = None,
    ) -> None:
        self._address, self._wanted = address, slots
        self._resources = resources or Resources()
        self._environment = _checked_environment(runtime_env)
        self._reconnect_seconds = patience
        self._owns_connection = not ray.is_initialized()
        if self._owns_connection:
            connect(address, self._local_cpus(), self._environment)
        self._head = _head(address)
        self._looked = time.monotonic()
        self._mail = Mail()
        super().__init__(self._room(), patience)

    def close(self) -> None:
        """Kill all actors, and end the connection where this backend made it; may be called again."""
        super().close()
        self._wanted = 0
        if self._head.answers():
            self._mail.close()
        if self._owns_connection:
            self._owns_connection = False
            ray.shutdown()

    def _local_cpus(self) -> int | None:
        """Logical CPUs for a cluster on this machine; `None` for as many as it has."""
        per_slot = max(1, round(sum(bundle.cpus for bundle in self._resources.bundles)))
        return None if self._wanted is None else self._wanted * per_slot

    def _room(self) -> int:
        """How many slots to have; ends the connection where there can be none."""
        fit = self._resources.fit([node["Resources"] for node in _nodes()])
        elsewhere = self._address != "local" and self._wanted is not None
        if fit >= (self._wanted or 1) or elsewhere:
            if elsewhere and fit < (self._wanted or 1):
                log.warning("the cluster has room for %d of %d workers by now", fit, self._wanted)
            return self._wanted or fit
        has = _summary([node["Resources"] for node in _nodes()])
        if self._owns_connection:
            ray.shutdown()
        if fit:
            raise BadInput.of("workers", f"at most the {fit} that the Ray cluster has room for", self._wanted)
        raise BadInput.of("resources", f"what a node of the cluster has ({has})", str(self._resources))

    def _more_slots(self) -> int:
        """Room on nodes that have joined, where nobody said how many slots there are to be."""
        if self._wanted is not None or time.monotonic() - self._looked < _CAPACITY_SECONDS:
            return 0
        self._looked = time.monotonic()
        if not self._head.answers():
            return 0
        return max(0, self._resources.fit([node["Resources"] for node in _nodes()]) - len(self._slots))

    def _start_worker(self) -> RayWorker:
        joined = self._environment is not None and not self._owns_connection
        options = {"runtime_env": self._environment} if joined else {}
        return RayWorker(self._resources, options, self._head, self._mail)

    def _with_message(self, workers: Sequence[RayWorker], seconds: float) -> list[RayWorker]:
        if workers and self._head.is_gone():
            self._come_back()
            return []
        waiting = {worker.pending: worker for worker in workers if worker.pending is not None}
        if not waiting:
            return []
        seconds = seconds if self._mail.box is None else min(seconds, _MAIL_SECONDS)
        ready, others = ray.wait(list(waiting), num_returns=1, timeout=seconds)
        if ready and others:
            ready += ray.wait(others, num_returns=len(others), timeout=0)[0]
        for partial in self._mail.take():  # before the outcomes of their tasks
            self.hear(partial)
        return [waiting[reference] for reference in ready]

    def _come_back(self) -> None:
        """The head is gone, and all tasks with it: connect again where it returns, or give up."""
        count = len(self._slots)
        self._lose_all(f"the Ray head at {self._head} went away")
        self._mail.forget()
        log.warning(
            "the Ray head at %s went away; waiting up to %g s for it", self._head, self._reconnect_seconds
        )
        if not self._owns_connection:
            raise BackendGone(f"the Ray head at {self._head} went away")
        ray.shutdown()  # or Ray ends this process after a minute
        deadline = time.monotonic() + self._reconnect_seconds
        while True:
            try:
                connect(self._address, self._local_cpus(), self._environment)
                break
            except BadInput as error:
                if time.monotonic() > deadline:
                    raise BackendGone(f"the Ray head at {self._head} went away") from error
                time.sleep(1.0)
        self._head = _head(self._address)
        log.warning("connected to the Ray head at %s again", self._head)
        self._add_slots(count)

    def _pickle(self, task: Task) -> bytes:
        if task.reports:
            self._mail.open()
        pickled: bytes = cloudpickle.dumps(task)  # type: ignore[no-untyped-call]
        return pickled


def connect(
    address: str = "local", cpus: int | None = None, runtime_env: Mapping[str, Any] | None = None
) -> None:
    """Connect this process to Ray, without dashboard, usage statistics or the trials' output.

    Raises:
        BadInput: nobody answers at the address, or it is none.
    """
    # Ray reports dead workers on stdout, which is for the answer; there is no public switch for that.
    ray._private.worker._worker_logs_enabled = False
    here: dict[str, Any] = {"include_dashboard": False, "num_cpus": cpus} if address == "local" else {}
    try:
        Head.at(address).knock()
        with quiet_stderr(), handlers_kept():
            ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env=None if runtime_env is None else dict(runtime_env),
                **here,
            )
    except (OSError, ValueError, RuntimeError, RayError) as error:
        raise BadInput.of(
            "runner.address",
            "a Ray cluster that answers (does it run, and has this shell its token: RAY_AUTH_MODE=token with "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH?)",
            f"{address}: {_short(error)}",
        ) from None


def _head(address: str) -> Head:
    """The head this process is connected to; for a Ray client the server it talks to."""
    if address.startswith("ray://"):
        return Head.at(address)
    return Head.at(str(ray.get_runtime_context().gcs_address))


def _nodes() -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node for node in nodes if node["Alive"]]


def _needs(bundle: Bundle) -> dict[str, Any]:
    """An actor's options for the resources of a bundle."""
    return {"num_cpus": bundle.cpus, "num_gpus": bundle.gpus, "resources": dict(bundle.custom) or None}


def _checked_environment(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    try:
        return dict(RuntimeEnv(**given))
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadInput.of("runtime_env", "an environment that Ray accepts", describe(error)) from None


def _summary(nodes: Sequence[Amounts]) -> str:
    """The largest amount of each resource that any node has, without Ray's own ones.

    >>> _summary([{"CPU": 2.0, "node:1.2.3.4": 1.0}, {"CPU": 8.0, "GPU": 1.0, "memory": 9e9}])
    'CPU 8, GPU 1'
    """
    most: dict[str, float] = {}
    for node in nodes:
        for name, amount in node.items():
            if name not in ("memory", "object_store_memory") and ":" not in name:
                most[name] = max(amount, most.get(name, 0.0))
    return ", ".join(f"{name} {amount:g}" for name, amount in most.items()) or "no nodes"


def _short(error: BaseException) -> str:
    """What an error says before Ray goes on with numbers and advice."""
    text = str(error).partition("class_name:")[0].partition("\n\n")[0]
    kind = re.search(r"Worker exit type: (\w+)", str(error))
    return one_line(f"{type(error).__name__}: {text}" + (f" ({kind[1]})" if kind else ""))
