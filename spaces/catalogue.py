"""The spaces we offer by name, with what each field of a job file means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ConfigSpace import ConfigurationSpace

from spaces.architecture_space import CHOICES, EXPERT_RATIO, FFN_RATIO, HEAD_DIMS, architecture_space
from spaces.coefficients import BOXES, coefficients_space
from spaces.law import COUNTS, isoflop_space, law_space


@dataclass(frozen=True)
class SpaceKind:
    """One entry of the catalogue."""

    name: str
    summary: str
    build: Callable[..., ConfigurationSpace]
    required: Mapping[str, str]
    """Field -> what it holds."""
    optional: Mapping[str, str] = field(default_factory=dict)


_N = "interval of parameters in the law's own count, on a log scale; a point holds it constant"
_S = "interval of sparsity inside [0, 1)"
_CHOICES = "name -> list of values, for a further input of the law"
_COUNT = f"name of the parameter N: {' | '.join(COUNTS)}"

KINDS: Mapping[str, SpaceKind] = {
    kind.name: kind
    for kind in (
        SpaceKind(
            "law",
            "model size, training tokens and sparsity; the budget is a constraint",
            law_space,
            {"n": _N, "tokens": "interval of training tokens, on a log scale"},
            {"sparsity": _S, "count": _COUNT, "choices": _CHOICES},
        ),
        SpaceKind(
            "isoflop",
            "model size and sparsity; the budget pays for the tokens",
            isoflop_space,
            {"n": _N},
            {"sparsity": _S, "count": _COUNT, "choices": _CHOICES},
        ),
        SpaceKind(
            "coefficients",
            "coefficients of a law; published boxes from ytopt's hpo4llm benchmark",
            coefficients_space,
            {"law": f"family of the law; boxes for {' | '.join(BOXES)}"},
            {"bounds": "coefficient -> interval; required for a family without a box"},
        ),
        SpaceKind(
            "architecture",
            "shape of a transformer, dense or mixture of experts, as discrete choices",
            architecture_space,
            {},
            {
                "kinds": "dense, moe, or a list of them",
                "head_dim": f"allowed d_model / n_heads; {list(HEAD_DIMS)}",
                "ffn_ratio": f"allowed interval of d_ff / d_model; {list(FFN_RATIO)}",
                "expert_ratio": f"allowed interval of d_ff_expert / d_model; {list(EXPERT_RATIO)}",
                **{name: f"choices; {list(values)}" for name, values in CHOICES.items()},
            },
        ),
    )
}
"""Name -> space."""


def catalogue() -> list[dict[str, Any]]:
    """Every way to describe a space, as plain data: name, summary, required and optional fields.

    >>> [record["name"] for record in catalogue()]
    ['law', 'isoflop', 'coefficients', 'architecture', 'written out', 'file']
    """
    records: list[dict[str, Any]] = [
        {
            "name": kind.name,
            "summary": kind.summary,
            "required": {"kind": kind.name, **kind.required},
            "optional": dict(kind.optional),
        }
        for kind in KINDS.values()
    ]
    written = {
        "name": "written out",
        "summary": "any parameters, in the job file itself",
        "required": {"parameters": "name -> type (float, integer, ordinal, categorical, constant) and range"},
        "optional": {
            "conditions": "list of {child, parent, comparison}, joined by all or any",
            "forbidden": "list of {parameter, comparison}, joined by all or any",
        },
    }
    file = {
        "name": "file",
        "summary": "a space that ConfigSpace wrote",
        "required": {"configspace": "name of a .json or .yaml file beside the job file"},
        "optional": {},
    }
    return [*records, written, file]
