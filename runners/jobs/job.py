"""A job: what one search needs, built from its validated description; every mistake named by its field."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ConfigSpace import ConfigurationSpace

from objectives import laws
from objectives.architecture_objective import ArchitectureObjective
from objectives.budget import Budget, make_budget
from objectives.capability.objective import PerformanceObjective
from objectives.capability.score_saved import load_performance
from objectives.command import CommandObjective
from objectives.external_objective import ExternalObjective
from objectives.law_choice import Choice, choose_law
from objectives.law_objectives import CoefficientLoss, LawObjective
from objectives.laws import Law
from objectives.misfit import Misfit
from objectives.objective import Objective
from objectives.python_objective import PythonObjective, load
from objectives.reporting import ReportingObjective
from objectives.runs import read_runs
from runners.backend import Status
from runners.jobs import fidelity_check
from runners.jobs.aims import Aim, references
from runners.jobs.aims_check import check_aims
from runners.jobs.job_file import BudgetSpec, EngineSpec, SearchSpec, read_job_file
from runners.jobs.job_space import space_of
from runners.jobs.objective_spec import (
    ArchitectureSpec,
    CoefficientLossSpec,
    CommandSpec,
    ExternalSpec,
    LawSpec,
    MisfitSpec,
    ObjectiveSpec,
    PerformanceSpec,
    PriorSpec,
    PythonSpec,
    YtoptSpec,
)
from runners.jobs.prior_mean import prior_mean
from runners.jobs.problem import Problem
from runners.jobs.run_spec import RunSpec
from runners.pruners import make_rule
from runners.verdicts import RETRIES, Policy
from runners.ytopt.objective import YtoptObjective
from search.engine import Engine
from search.factory import make_engine
from search.prior import PriorMean
from search.pruning import PruningRule
from search.stopping import StoppingRules
from spaces.errors import BadInput, Infeasible, Mistake, Mistakes
from spaces.fixing import fix

RESUMABLE = {
    *("name", "evaluations", "parallel", "timeout", "memory", "retries", "stop_on", "stop", "pruner"),
}
"""Fields that may change between a search and its resumption: they change how much is asked, how many trials
are pending when it is and which end early, but not what a trial is worth."""


ADDED = {"warm_start", "prior", "objectives", "fix", "fidelity"}
"""Fields that jobs of earlier versions did not have: left out of their hash where they are not used."""


@dataclass(frozen=True, eq=False)
class Job:
    """One search, checked: its space, its objective, and the description it came from."""

    spec: SearchSpec
    space: ConfigurationSpace
    objective: Objective
    fit: Choice | None = None
    """The fit the objective's law is from; None for published or given coefficients."""
    folder: Path = Path()
    """Where relative paths in the description start."""
    prior: PriorMean | None = None
    """What its values are believed to be."""

    @property
    def name(self) -> str:
        """Names the search's folder within its batch."""
        return self.spec.name

    @cached_property
    def digest(self) -> str:
        """Identifies what determines the suggestions and their values: description and data, not counts."""
        described: dict[str, Any] = self.spec.model_dump(mode="json", exclude=RESUMABLE | _unused(self.spec))
        if "configspace" in (self.spec.space or {}) or isinstance(self.objective, YtoptObjective):
            # the description names a file; what counts is inside
            written = self.space.to_serialized_dict()
            described["space"] = [written[key] for key in ("hyperparameters", "conditions", "forbiddens")]
        if isinstance(self.objective, Misfit):
            described["runs"] = self.objective.runs.digest
        if self.fit is not None:  # likewise
            described["fit"] = self.fit.digest
        if (believed := _fit_of(self.spec.prior, self.folder)) is not None:
            described["prior_fit"] = believed.digest
        if isinstance(self.objective, LawObjective | ArchitectureObjective):  # which the file may leave out
            described["objective"]["law"] = self.objective.law.family
        if isinstance(self.objective, PerformanceObjective):  # a file may change under its name
            described["coefficients"] = [self.objective.law.link, self.objective.law.coefficients]
            if described["objective"]["loss"] is None:  # which earlier versions did not have
                del described["objective"]["loss"]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def problem(self) -> Problem | None:
        """The problem the exact solver can answer; `None` for an objective that is no law."""
        if isinstance(self.objective, LawObjective):
            return Problem.of(self.objective, self.whole.space)
        return None

    @cached_property
    def whole(self) -> "Job":
        """The same search with evaluations at the target alone; itself without a fidelity."""
        if self.spec.fidelity is None:
            return self
        alone = self.spec.model_copy(update={"fidelity": None, "engine": EngineSpec()})
        return replace(self, spec=alone, space=self.spec.fidelity.at_target(self.space))

    @property
    def policy(self) -> Policy:
        """What follows from a trial without a value."""
        given = {} if self.spec.retries is None else self.spec.retries.model_dump(exclude_none=True)
        retries = RETRIES | {Status(name): times for name, times in given.items()}
        return Policy(retries, frozenset({Status.STOP, *map(Status, self.spec.stop_on or ())}))

    @property
    def aims(self) -> tuple[Aim, ...]:
        """What is minimised or maximised: one metric, or several."""
        if self.spec.objectives is None:
            return (Aim(self.objective.metric),)
        return tuple(given.aim() for given in self.spec.objectives)

    @property
    def rules(self) -> StoppingRules:
        """What ends the search before its last evaluation."""
        return StoppingRules() if self.spec.stop is None else self.spec.stop.rules()

    def pruning(self) -> PruningRule | None:
        """Which running trials are stopped; raises `BadInput` where that does not fit the space."""
        return None if self.spec.pruner is None else make_rule(self.spec.pruner, list(self.space))

    def engine(self) -> Engine:
        """A new engine for this search, without any history."""
        knows_limits = type(self.objective).feasible is not Objective.feasible
        return make_engine(
            self.spec.engine.name,
            self.space,
            seed=self.spec.seed,
            constraint=self.objective.feasible if knows_limits else None,
            prior=self.prior,
            objectives=len(self.aims),
            reference=references(self.aims) if len(self.aims) > 1 else None,
            **self.spec.engine.options,
            **({} if self.spec.fidelity is None else self.spec.fidelity.options),
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """All searches of one job file."""

    name: str
    text: str
    """The job file as it was read; kept beside the results."""
    folder: Path
    """Where relative paths in the file start."""
    jobs: tuple[Job, ...]
    run: RunSpec = field(default_factory=RunSpec)
    """How they are run, where the command line says nothing else."""


def load_batch(path: Path) -> Batch:
    """Read a job file.

    Raises:
        BadInput: every mistake in the file, and in what it refers to.
    """
    return parse_batch(read_text(path), path.stem, path.resolve().parent)


def read_text(path: Path) -> str:
    """The text of a job file; raises `BadInput` where it cannot be read."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput.of("job file", "a readable YAML file", str(error)) from error


def parse_batch(text: str, default_name: str, folder: Path) -> Batch:
    """A batch from the text of a job file; raises as `load_batch`."""
    file = read_job_file(text, default_name)
    found, jobs = Mistakes(), []
    for spec in file.searches:
        with found.within(""):
            jobs.append(build(spec, folder))
    found.settle()
    for job in jobs:
        _require_feasible(job)
    return Batch(file.name, text, folder, tuple(jobs), file.run)


def _require_feasible(job: Job) -> None:
    """Raise `Infeasible`, naming the search, where nothing satisfies its constraints."""
    try:
        if job.problem is not None:
            job.problem.solve()
    except Infeasible as error:
        raise Infeasible(f"{job.name}: {error}") from error


def build(spec: SearchSpec, folder: Path) -> Job:
    """Build one search.

    Raises:
        BadInput: what the schema could not see: unknown laws, engines and options, budgets that do not add
            up, spaces that do not fit the objective, files that are not there.
    """
    found = Mistakes()
    objective: Objective | None = None
    space: ConfigurationSpace | None = None
    with found.within(""):
        objective = _objective(spec, folder)
    with found.within("space"):
        space = space_of(spec, objective, folder)
    with found.within("fidelity"):
        if space is not None and spec.fidelity is not None:
            space = spec.fidelity.of(space)
    with found.within("fix"):
        if space is not None:
            fix(space, spec.fix or {})
    if objective is not None and space is not None:
        found.all += [*objective.unsuitable(list(space)), *fidelity_check.mistakes(spec)]
    found.settle()
    assert objective is not None  # or there was a mistake
    assert space is not None
    prior: PriorMean | None = None
    with found.within("prior"):
        prior = prior_mean(spec.prior, space, None if spec.budget is None else budget_of(spec.budget), folder)
    found.settle()
    job = Job(spec, space, objective, _fit_of(spec.objective, folder), folder, prior)
    with found.within(""):
        check_aims(spec, job.aims, objective, space)
    with found.within("engine"):
        _check_rules(job.rules, job.engine(), found)
    with found.within("pruner"):
        job.pruning()
    found.all += _cannot_report(job)
    with found.within("space"):
        _ = job.problem  # raises where the law does not know the space's sparsities
    found.settle()
    return job


def _check_rules(rules: StoppingRules, engine: Engine, found: Mistakes) -> None:
    """Collect a mistake for rules that would never hold."""
    if engine.objectives > 1 and rules != StoppingRules(time=rules.time):
        expected = "time alone, where there are several objectives"
        found.all.append(Mistake("stop", expected, ", ".join(rules.names())))
    elif rules.expected_improvement is not None and not engine.foresees:
        expected = "none, for this engine has no model that foresees it (native has)"
        found.all.append(Mistake("stop.expected_improvement", expected, engine.name))


def _unused(spec: SearchSpec) -> set[str]:
    return {name for name in ADDED if getattr(spec, name) is None}


def _objective(spec: SearchSpec, folder: Path) -> Objective:
    """The objective a description names."""
    match spec.objective:
        case LawSpec() as given:
            return LawObjective(*_law_and_budget(spec, given, folder))
        case ArchitectureSpec() as given:
            return ArchitectureObjective(*_law_and_budget(spec, given, folder), given.sequence)
        case PerformanceSpec() as given:
            return _performance(spec, given, folder)
        case CoefficientLossSpec() as given:
            return CoefficientLoss(
                choose_law(given.law, given.coefficients, folder).law, given.n, given.tokens, given.sparsity
            )
        case MisfitSpec() as given:
            found = Mistakes()
            with found.within("objective"):
                runs = read_runs(
                    folder / given.runs, given.columns, drop_highest_loss=given.drop_highest_loss
                )
            found.settle()
            return Misfit(choose_law(given.law, given.coefficients, folder).law, runs)
        case PythonSpec() as given:
            load(given.target, folder)
            return PythonObjective(given.target, folder, _returned(spec, given.returns))
        case CommandSpec() as given:
            follow = spec.pruner is not None
            returned = _returned(spec, given.returns)
            return CommandObjective(given.command, folder, spec.timeout, returned, spec.memory, follow)
        case ExternalSpec() as given:
            return ExternalObjective(_returned(spec, given.returns))
        case YtoptSpec() as given:
            return YtoptObjective.of(given.problem, folder)


def _cannot_report(job: Job) -> list[Mistake]:
    """A pruner needs an objective that reports."""
    objective = job.objective
    if job.spec.pruner is None or (isinstance(objective, ReportingObjective) and objective.reports):
        return []
    expected = "an objective that reports: a command, or a Python function with an argument `report`"
    return [Mistake("pruner", expected, job.spec.objective.kind)]


def _returned(spec: SearchSpec, returns: str) -> str:
    """The metric that a function or program must return; the loop asks for the others of several."""
    return returns if spec.objectives is None else spec.objectives[0].metric


def _performance(spec: SearchSpec, given: PerformanceSpec, folder: Path) -> PerformanceObjective:
    found = Mistakes()
    law, budget = laws.get("performance"), None
    loss: Law | None = None
    with found.within("objective"):
        law = load_performance(given.coefficients, folder).law
    with found.within("objective.loss"):
        if given.loss is not None:
            loss = choose_law(given.loss.law, given.loss.coefficients, folder).law
    with found.within("budget"):
        budget = _needed_budget(spec)
    found.settle()
    assert budget is not None  # or there was a mistake
    how = (given.min_mmlu, given.precision, given.moe_as, given.sequence)
    return PerformanceObjective(law, budget, *how, loss)


def _fit_of(spec: ObjectiveSpec | PriorSpec | None, folder: Path) -> Choice | None:
    """The fit.json that an objective or prior names, if it names one."""
    coefficients = getattr(spec, "coefficients", None)
    if not isinstance(coefficients, str) or isinstance(spec, PerformanceSpec):
        return None
    chosen = choose_law(getattr(spec, "law", None), coefficients, folder)
    return None if chosen.ensemble is None else chosen


def _needed_budget(spec: SearchSpec) -> Budget:
    if spec.budget is None:
        raise BadInput.of("budget", "flops, or gpus and days, or dollars", "nothing")
    return budget_of(spec.budget)


def budget_of(spec: BudgetSpec) -> Budget:
    """A budget from the numbers a user gives; raises `BadInput` for what they lack or contradict."""
    return make_budget(**spec.model_dump())


def _law_and_budget(spec: SearchSpec, given: LawSpec | ArchitectureSpec, folder: Path) -> tuple[Law, Budget]:
    found = Mistakes()
    law: Law | None = None
    budget: Budget | None = None
    with found.within("objective"):
        law = choose_law(given.law, given.coefficients, folder).law
    with found.within("budget"):
        budget = _needed_budget(spec)
    found.settle()
    assert law is not None  # or there was a mistake
    assert budget is not None
    return law, budget
