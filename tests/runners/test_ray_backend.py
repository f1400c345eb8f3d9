"""What only Ray has: nodes that go away, a cluster that does not answer, a driver that hears too much."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from runners.backend import Outcome, Status, Task
from spaces.errors import BadInput

pytestmark = pytest.mark.ray


def node_of(seconds: float) -> str:
    import ray

    time.sleep(seconds)
    return str(ray.get_runtime_context().get_node_id())


def die() -> None:
    os.kill(os.getpid(), 9)


@pytest.fixture
def disconnected(ray_cluster: None) -> Iterator[None]:
    """No connection to the cluster of the other tests; they get a new one."""
    import ray

    from runners.backends.ray_backend import connect

    ray.shutdown()
    yield
    ray.shutdown()
    connect("local", 4)


@pytest.fixture
def cluster(disconnected: None) -> Iterator[Any]:
    """A head and room for more nodes; the head has two CPUs."""
    from ray.cluster_utils import Cluster

    made: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    yield made
    made.shutdown()


def collect(backend: Any, count: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while len(outcomes) < count:
        outcomes += backend.wait(30)
    return outcomes


def test_tasks_of_a_lost_node_are_lost_and_its_slots_stay_out_of_service(cluster: Any) -> None:
    from runners.backends.ray_backend import RayBackend

    second = cluster.add_node(num_cpus=2)
    with RayBackend(4, cluster.address) as backend:
        while backend.free() < 4:
            backend.wait(30)
        for number in range(4):
            backend.submit(Task(number, node_of, (6.0,)))
        time.sleep(1.0)
        cluster.remove_node(second, allow_graceful=False)
        outcomes = collect(backend, 4)
        statuses = sorted(outcome.status for outcome in outcomes)
        assert statuses == [Status.LOST, Status.LOST, Status.OK, Status.OK]
        again = [outcome.number for outcome in outcomes if outcome.status is Status.LOST]
        for number in again:  # only the slots of the surviving node are free
            while not backend.free():
                backend.wait(30)
            backend.submit(Task(number, node_of, (0.1,)))
        assert {outcome.status for outcome in collect(backend, 2)} == {Status.OK}
        assert backend.free() <= 2


def test_more_slots_than_the_cluster_has_are_refused(ray_cluster: None) -> None:
    from runners.backends.ray_backend import RayBackend

    with pytest.raises(
        BadInput, match="workers: expected at most the 4 that the Ray cluster has room for, got 5000"
    ):
        RayBackend(5000)


def test_workers_that_can_never_be_placed_are_an_error_not_a_hang(ray_cluster: None) -> None:
    from runners.backends.ray_backend import RayBackend

    with RayBackend(4) as holder:
        while holder.free() < 4:
            holder.wait(30)
        with (
            RayBackend(1, patience=1.0) as starved,
            pytest.raises(RuntimeError, match="no worker has answered"),
        ):
            starved.wait()


def test_a_dead_worker_is_not_reported_on_stdout(
    ray_cluster: None, capfd: pytest.CaptureFixture[str]
) -> None:
    from runners.backends.ray_backend import RayBackend

    with RayBackend(1) as backend:
        while not backend.free():
            backend.wait(30)
        backend.submit(Task(0, die))
        assert collect(backend, 1)[0].status is Status.CRASHED
        time.sleep(2.0)  # Ray's own report follows the failure
    assert capfd.readouterr().out == ""


def test_a_cluster_that_does_not_answer_is_named(disconnected: None) -> None:
    from runners.backends.ray_backend import RayBackend

    with pytest.raises(BadInput, match=r"runner\.address: expected a Ray cluster that answers"):
        RayBackend(1, "127.0.0.1:1")
