"""Whether a job with a fidelity adds up: its engine knows it, and no other field gets in its way."""

from collections.abc import Iterator

from runners.jobs.fidelity_spec import ENGINE
from runners.jobs.job_file import SearchSpec
from spaces.errors import Mistake


def mistakes(spec: SearchSpec) -> Iterator[Mistake]:
    """What contradicts the field `fidelity`, or its absence."""
    engine = spec.engine.name
    if spec.fidelity is None:
        if engine == ENGINE:
            yield Mistake("fidelity", f"name, low and target, for engine {ENGINE}", "nothing")
        if spec.stop is not None and spec.stop.cost is not None:
            yield Mistake(
                "stop.cost", "none without a fidelity: evaluations counts whole ones", f"{spec.stop.cost:g}"
            )
        return
    if engine != ENGINE:
        yield Mistake("engine", f"{ENGINE}, where there is a fidelity", engine)
    if spec.pruner is not None:
        yield Mistake(
            "pruner", "none where there is a fidelity: a trial is cheap before it begins", spec.pruner.kind
        )
    if spec.fix is not None and spec.fidelity.name in spec.fix:
        yield Mistake(f"fix.{spec.fidelity.name}", "a parameter that is not the fidelity", "this name")
