"""The shape of a decoder-only transformer as real discrete choices: dense, mixture of experts, or either.

Forbidden are the shapes nobody can build (heads that do not divide the width, key-value heads that do not
divide the heads, as many experts chosen as there are) and those nobody does (head sizes and feed-forward
widths outside the published range). What the choices mean is in `objectives.architecture`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ConfigSpace import ConfigurationSpace

from spaces.bounds import Interval, interval, sizes
from spaces.definition import build
from spaces.errors import BadInput, Mistakes, one_of

KINDS = ("dense", "moe")

CHOICES: Mapping[str, tuple[int, ...]] = {
    "layers": (12, 16, 20, 24, 28, 32, 36, 40, 48, 64, 80, 96),
    "d_model": (512, 768, 1024, 1536, 2048, 2560, 3072, 4096, 5120, 6144, 8192, 12288, 16384),
    "n_heads": (8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128),
    "n_kv_heads": (1, 2, 4, 8, 16, 32),
    "d_ff": (1536, 2048, 3072, 4096, 5632, 8192, 11008, 14336, 20480, 28672, 36864, 53248),
    "experts": (8, 16, 32, 64, 128, 256, 384),
    "top_k": (1, 2, 4, 6, 8),
    "d_ff_expert": (512, 768, 1024, 1408, 2048, 2880, 4096, 8192, 14336, 16384),
    "shared_experts": (0, 1, 2),
    "vocab": (128256,),
}
"""Values each parameter may take unless the job says otherwise: round numbers and published ones.

One vocabulary only, because losses in nats per token of different vocabularies cannot be compared.
"""

MOE_ONLY = ("experts", "top_k", "d_ff_expert", "shared_experts")
DENSE_ONLY = ("d_ff",)

HEAD_DIMS = (64, 80, 96, 128, 256)
"""Head sizes d_model / n_heads of the published dense models."""
FFN_RATIO = (2.5, 8.0)
"""Range of d_ff / d_model: Llama 2 is near the lower end, Gemma 2 27B at the upper."""
EXPERT_RATIO = (0.25, 4.0)
"""Range of d_ff_expert / d_model: DeepSeek-V3 is near the lower end, Mixtral near the upper."""


def architecture_space(
    kinds: Any = KINDS,
    *,
    head_dim: Any = HEAD_DIMS,
    ffn_ratio: Any = FFN_RATIO,
    expert_ratio: Any = EXPERT_RATIO,
    **choices: Any,
) -> ConfigurationSpace:
    """A space of shapes; parameters of the other kind are inactive, single choices are constants.

    >>> space = architecture_space("dense", layers=[24, 32], d_model=4096, vocab=[32000, 128256])
    >>> sorted(space)
    ['d_ff', 'd_model', 'kind', 'layers', 'n_heads', 'n_kv_heads', 'vocab']

    Args:
        kinds: "dense", "moe", or a list of them.
        head_dim: sizes of a head that are allowed.
        ffn_ratio: interval of d_ff / d_model that is allowed.
        expert_ratio: interval of d_ff_expert / d_model that is allowed.
        choices: values of the parameters named in `CHOICES`, in place of those there.

    Raises:
        BadInput: every mistake in the choices.
        Infeasible: no shape satisfies the rules.
    """
    found = Mistakes()
    values: dict[str, list[int]] = {}
    with found.within(""):
        values = _values(choices)
    with found.within(""):
        kinds = _kinds(kinds)
    with found.within(""):
        head_dim = sizes(head_dim, "head_dim")
    with found.within(""):
        ffn_ratio = interval(ffn_ratio, "ffn_ratio", positive=True)
    with found.within(""):
        expert_ratio = interval(expert_ratio, "expert_ratio", positive=True)
    found.settle()
    return build(_definition(kinds, values, list(_rules(values, head_dim, ffn_ratio, expert_ratio))))


def _values(choices: Mapping[str, Any]) -> dict[str, list[int]]:
    """The values of every parameter, given or ours."""
    found, values = Mistakes(), {}
    for name, given in {**CHOICES, **choices}.items():
        with found.within(""):
            if name not in CHOICES:
                raise BadInput.of(name, one_of(CHOICES, name), "this name")
            values[name] = sizes(given, name, least=0 if name == "shared_experts" else 1)
    found.settle()
    return values


def _kinds(given: Any) -> list[str]:
    listed = list(given) if isinstance(given, list | tuple) else [given]
    unknown = [kind for kind in listed if kind not in KINDS]
    if unknown or not listed:
        raise BadInput.of("kinds", one_of(KINDS, unknown[0] if unknown else "nothing"), given)
    return [kind for kind in KINDS if kind in listed]


def _definition(
    kinds: list[str], values: dict[str, list[int]], rules: list[dict[str, Any]]
) -> dict[str, Any]:
    """The space as data, without the parameters that no kind needs."""
    idle = {*(() if "moe" in kinds else MOE_ONLY), *(() if "dense" in kinds else DENSE_ONLY)}
    parameters = {name: _ordinal(listed) for name, listed in values.items() if name not in idle}
    parameters["kind"] = {"type": "categorical", "values": kinds} if len(kinds) > 1 else _ordinal(kinds)
    conditional = {"moe": MOE_ONLY, "dense": DENSE_ONLY} if len(kinds) > 1 else {}
    return {
        "parameters": parameters,
        "conditions": [
            {"child": child, "parent": "kind", "equals": kind}
            for kind, children in conditional.items()
            for child in children
        ],
        "forbidden": [rule for rule in rules if not idle & {clause["parameter"] for clause in rule["all"]}],
    }


def _ordinal(values: list[Any]) -> dict[str, Any]:
    if len(values) == 1:
        return {"type": "constant", "value": values[0]}
    return {"type": "ordinal", "values": values}


def _rules(
    values: Mapping[str, list[int]],
    head_dims: Collection[int],
    ffn: Interval,
    expert: Interval,
) -> Iterator[dict[str, Any]]:
    """Everything that is forbidden, pair by pair of parameters."""
    yield from _pairs(values, "d_model", "n_heads", lambda d, h: d % h == 0 and d // h in head_dims)
    yield from _pairs(values, "n_heads", "n_kv_heads", lambda heads, kv: heads % kv == 0)
    yield from _pairs(values, "d_model", "d_ff", lambda d, width: ffn[0] <= width / d <= ffn[1])
    yield from _pairs(values, "d_model", "d_ff_expert", lambda d, width: expert[0] <= width / d <= expert[1])
    yield from _pairs(values, "experts", "top_k", lambda experts, k: k < experts)


def _pairs(
    values: Mapping[str, list[int]], first: str, second: str, allowed: Callable[[int, int], bool]
) -> Iterator[dict[str, Any]]:
    """For each value of `first`, the values of `second` that cannot stand beside it."""
    for a in values[first]:
        barred = [b for b in values[second] if not allowed(a, b)]
        if barred:
            yield {"all": [{"parameter": first, "equals": a}, {"parameter": second, "in": barred}]}
