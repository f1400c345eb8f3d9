"""The law a user names: a family with a published set, a family with numbers, or a fit.json of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from objectives import laws
from objectives.fit.ensemble import Ensemble
from objectives.fit.saved import load
from objectives.laws.law import Law
from spaces.errors import BadInput

DEFAULT_FAMILY = "generalized"
FIT = ".json"
"""What the name of a fit ends with; no published set's does."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A law, and its uncertainty where it comes with one."""

    law: Law
    ensemble: Ensemble | None = None
    digest: str | None = None
    """SHA-256 of the fit.json's bytes, so that a job notices when it changed."""


def choose_law(
    family: str | None, coefficients: str | Mapping[str, float] | None, folder: Path | None = None
) -> Choice:
    """The law of these names or numbers.

    >>> choose_law("hoffmann", "tex").law.name
    'tex'

    Args:
        family: the default one, or the fit's own, if left out.
        coefficients: name of a published set, path of a fit.json, or numbers by name; the family's default
            set if left out.
        folder: where a relative path starts; the working directory if left out.

    Raises:
        BadInput: no such family or set; coefficients missing, unknown or outside their domain; a file that is
            no fit, or one of another family.
    """
    if isinstance(coefficients, Mapping):
        return Choice(laws.custom(family or DEFAULT_FAMILY, **coefficients))
    if coefficients is None or not coefficients.endswith(FIT):
        laws.family_class(family or DEFAULT_FAMILY)  # raises for what predicts no loss
        return Choice(laws.get(family or DEFAULT_FAMILY, coefficients))
    path = (folder or Path()) / coefficients
    ensemble = load(path)
    if family not in (None, ensemble.law.family):
        raise BadInput.of("law", f"{ensemble.law.family}, the law of {path.name}, or none", family or "")
    return Choice(ensemble.law, ensemble, sha256(path.read_bytes()).hexdigest())
