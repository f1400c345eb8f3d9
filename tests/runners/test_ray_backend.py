"""What only Ray has: nodes that go away, a cluster that does not answer, a driver that hears too much."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runners.backend import Outcome, Status, Task
from runners.backends.head import Head
from runners.jobs.resources import Bundle, Resources
from spaces.errors import BadInput

pytestmark = pytest.mark.ray


def node_of(seconds: float) -> str:
    import ray

    time.sleep(seconds)
    return str(ray.get_runtime_context().get_node_id())


def die() -> None:
    os.kill(os.getpid(), 9)


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


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:1", "ray://127.0.0.1:1"])
def test_an_address_nobody_answers_at_is_one_clear_line(
    disconnected: None, address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from runners.cli.main import main

    job = str(Path(__file__).parents[2] / "experiments/jobs/python-branin.yaml")
    code = main(["search", job, "--out", str(tmp_path), "--runner", "ray", "--address", address])
    captured = capfd.readouterr()
    assert (code, captured.out) == (2, "")
    (line,) = captured.err.splitlines()
    assert line.startswith("error: runner.address: expected a Ray cluster that answers")
    assert address in line


def environment(name: str) -> str | None:
    return os.environ.get(name)


def logical(seconds: float) -> dict[str, Any]:
    """What Ray says this task's actor holds."""
    import ray

    time.sleep(seconds)
    context: Any = ray.get_runtime_context()
    return {"resources": context.get_assigned_resources(), "group": context.get_placement_group_id()}


def test_a_trial_gets_the_resources_of_the_job(cluster: Any) -> None:
    from runners.backends.ray_backend import RayBackend

    cluster.add_node(num_cpus=4, num_gpus=2, resources={"licence": 3})
    needs = Resources((Bundle(1.0, 1.0, {"licence": 1.0}),))
    with RayBackend(address=cluster.address, resources=needs) as backend:
        assert backend.slots == 2
        while not backend.free():
            backend.wait(30)
        backend.submit(Task(0, logical, (0.0,)))
        held = collect(backend, 1)[0].result["resources"]
    assert held == {"CPU": 1.0, "GPU": 1.0, "licence": 1.0}


def test_several_bundles_are_a_placement_group_that_goes_with_its_worker(cluster: Any) -> None:
    import ray
    from ray.util import placement_group_table

    from runners.backends.ray_backend import RayBackend

    cluster.add_node(num_cpus=4, num_gpus=2)
    needs = Resources((Bundle(1.0, 1.0), Bundle(1.0, 1.0)), "STRICT_PACK")
    with RayBackend(address=cluster.address, resources=needs) as backend:
        assert backend.slots == 1
        while not backend.free():
            backend.wait(30)
        backend.submit(Task(0, logical, (0.0,)))
        assert collect(backend, 1)[0].result["group"] is not None
        backend.submit(Task(1, time.sleep, (60,), timeout=1.0))
        assert collect(backend, 1)[0].status is Status.TIMEOUT
        while not backend.free():  # the group of the late trial made room for another
            backend.wait(30)
        states = [group["state"] for group in placement_group_table().values()]
        assert sorted(states) == ["CREATED", "REMOVED"]
    assert not ray.is_initialized()


def test_resources_no_node_has_are_refused_with_what_there_is(ray_cluster: None) -> None:
    from runners.backends.ray_backend import RayBackend

    with pytest.raises(BadInput, match=r"resources: expected .* \(CPU 4\), got CPU 1, GPU 1"):
        RayBackend(resources=Resources((Bundle(1.0, 1.0),)))


def test_a_runtime_environment_reaches_the_trials(ray_cluster: None) -> None:
    from runners.backends.ray_backend import RayBackend

    with RayBackend(1, runtime_env={"env_vars": {"FLAVOUR": "strange"}}) as backend:
        while not backend.free():
            backend.wait(60)
        backend.submit(Task(0, environment, ("FLAVOUR",)))
        assert collect(backend, 1)[0].result == "strange"
    with pytest.raises(BadInput, match="runtime_env: expected an environment that Ray accepts"):
        RayBackend(1, runtime_env={"env_vars": {"FLAVOUR": 3}})


def test_slots_grow_with_the_cluster(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from runners.backends import ray_backend

    monkeypatch.setattr(ray_backend, "_CAPACITY_SECONDS", 0.1)
    with ray_backend.RayBackend(address=cluster.address) as backend:
        assert backend.slots == 2
        cluster.add_node(num_cpus=2)
        while backend.free() < 4:
            backend.wait(1.0)
        assert backend.slots == 4


def test_usage_statistics_are_off(ray_cluster: None) -> None:
    from ray._common.usage import usage_lib

    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not usage_lib.usage_stats_enabled()


def test_a_search_runs_through_the_ray_client(disconnected: None, tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="the Ray client needs ray[client]")
    from experiments.node_test import EVALUATIONS, watched
    from experiments.ray_head import free_port, ray_head
    from runners.backends.ray_backend import RayBackend

    port = free_port()
    with ray_head(2, options=(f"--ray-client-server-port={port}",)):
        while not Head.at(f"ray://127.0.0.1:{port}").answers():
            time.sleep(0.5)
        with RayBackend(address=f"ray://127.0.0.1:{port}") as backend:
            assert watched(tmp_path, backend, {}).done == EVALUATIONS
            backend.submit(Task(99, time.sleep, (60,), timeout=1.0))
            assert collect(backend, 1)[0].status is Status.TIMEOUT
