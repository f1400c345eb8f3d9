"""Numbers as people in this field write them: 72.2B parameters, 1.33T tokens, 5.76e+23 FLOPs, 21.0 days."""

import math
from typing import Any

SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def count(value: float) -> str:
    """A count of parameters or tokens, three significant digits.

    >>> count(72.24e9), count(1.3289e12), count(999.6e6), count(12)
    ('72.2B', '1.33T', '1.00B', '12')
    """
    for scale, letter in SCALES:
        if float(f"{value:.3g}") >= scale:
            scaled = float(f"{value:.3g}") / scale
            digits = max(0, 2 - math.floor(math.log10(scaled))) if scaled < 1000 else 0
            return f"{scaled:.{digits}f}{letter}"
    return f"{value:.3g}"


def flops(value: float) -> str:
    """FLOPs, three significant digits.

    >>> flops(5.76e23)
    '5.76e+23'
    """
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """A time in the unit a person would choose.

    >>> duration(0.0123), duration(75), duration(3 * 3600 + 120), duration(30 * 86400)
    ('12 ms', '1 min 15 s', '3 h 2 min', '30.0 days')
    """
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    return f"{seconds / 86400:.1f} days"


def size(value: float) -> str:
    """Bytes in decimal units.

    >>> size(1.28e11)
    '128 GB'
    """
    for scale, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value:.0f} B"


def number(value: float) -> str:
    """Any number, four significant digits, in plain digits where they are few.

    >>> number(1.8172181), number(2143.4), number(8.87e12), number(0.0001234)
    ('1.817', '2143', '8.87e+12', '0.0001234')
    """
    return f"{value:.4g}" if value != round(value) or abs(value) >= 1e6 else f"{value:.0f}"


def percent(share: float) -> str:
    """A share in per cent.

    >>> percent(0.0076), percent(0.95), percent(0.995), percent(1.234)
    ('0.76%', '95%', '99.5%', '123%')
    """
    scaled = 100 * share
    if abs(scaled) >= 100:
        return f"{scaled:.0f}%"
    return f"{scaled:.3g}%" if abs(scaled) >= 10 else f"{scaled:.2g}%"


def shown(name: str, value: Any) -> str:
    """A parameter or metric for people."""
    if name in ("n_active", "n_total", "n_nonzero", "n_non_embedding", "tokens"):
        return count(value)
    if name in ("flops", "inference_flops"):
        return flops(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
