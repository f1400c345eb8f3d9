"""Published formulas beside the loss laws: recipes, errors from losses, losses from losses.

Records have the fields of `objectives.laws.catalogue`, those that mean nothing here None, and say in words
what the formula gives. The forms that have no published coefficients, and are fitted, are among them.
"""

from dataclasses import asdict
from typing import Any

from objectives.capability.downstream import Curve, Sigmoid
from objectives.capability.downstream_gadre import PUBLISHED, TASKS, published
from objectives.capability.downstream_skills import EQUATION, TITLE
from objectives.capability.downstream_translation import Translation
from objectives.laws.law import Formula, Trust
from objectives.recipe import RECIPES
from objectives.temporal.position import LAW

RECIPE = "learning rate and batch size of a model; every `scalesearch plan` has it"
ERROR = "average top-1 error of 17 or 46 tasks from the loss on C4 (`objectives.capability.downstream_gadre`)"
TRANSLATION = "loss on one data set from that on another (`scalesearch translate`)"
SIGMOID = "accuracy on one task from the loss on it; `scalesearch chain` fits it"
_LAWS_ONLY = ("count", "unit", "inherent_sparsity", "extra", "fixed_tokens")
SKILLS: dict[str, Any] = {
    "family": "sloth",
    "set": None,
    "title": TITLE,
    "equation": EQUATION,
    "meaning": "benchmarks of families of models; `scalesearch sloth` fits it",
    "coefficients": {},
    "fitted": {},
    "source": "no universal coefficients; floors of the authors' code",
    "trust": "read in the authors' code or data",
    "default": False,
}

TEMPORAL: dict[str, Any] = {
    "family": "temporal",
    "set": None,
    "title": "Xiong et al. 2024, arXiv:2404.17785",
    "equation": LAW,
    "meaning": "the loss at position i of the context; `scalesearch temporal` fits it at every checkpoint",
    "coefficients": {},
    "fitted": {},
    "source": "no published coefficients; form as reported by its readers",
    "trust": Trust.TRANSCRIBED.value,
    "default": False,
}


def formula_catalogue() -> list[dict[str, Any]]:
    """One record for each set, fit for JSON, as `scalesearch laws` lists them."""
    recipes = [
        _record(law, RECIPE, law == kind.published()[0]) for kind in RECIPES for law in kind.published()
    ]
    errors = [_record(_curve(name, tasks), ERROR, False) for name in PUBLISHED for tasks in TASKS]
    losses = [_record(law, TRANSLATION, False) for law in Translation.published()]
    records = (*recipes, _form(Sigmoid, SIGMOID), *errors, *losses, SKILLS, TEMPORAL)
    return [dict.fromkeys(_LAWS_ONLY) | record for record in records]


def _curve(train_set: str, tasks: int) -> Curve:
    return published(train_set, tasks).curve


def _record(formula: Formula, meaning: str, default: bool) -> dict[str, Any]:
    return {
        "family": formula.family,
        "set": formula.name,
        "title": formula.title,
        "equation": formula.equation,
        "meaning": meaning,
        "coefficients": formula.coefficients,
        "fitted": asdict(formula.fitted),
        "source": formula.source,
        "trust": formula.trust.value,
        "default": default,
    }


def _form(kind: type[Curve], meaning: str) -> dict[str, Any]:
    """What there is to say of a family without published coefficients."""
    return {
        "family": kind.family,
        "set": None,
        "title": kind.title,
        "equation": kind.equation,
        "meaning": meaning,
        "coefficients": dict.fromkeys(kind.coefficient_names()),
        "fitted": {},
        "source": "no published coefficients; `scalesearch chain` finds yours",
        "trust": "given by the user",
        "default": False,
    }
