"""Coordinates in which a form can be fitted where its own coefficients are nearly interchangeable.

In Farseer's law a N^p + b, three times over, hardly changes if p, a and b move together. Written about a
reference size N_0 as Box and Cox do, u + v ((N/N_0)^p - 1)/p, the value u, the slope v and the bend p are
separate questions to the data.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from objectives.laws.law import Array

REFERENCE = 1e9
"""The N_0. Any size within a few decades of the runs does; one number keeps coordinates comparable."""


@dataclass(frozen=True)
class Chart(ABC):
    """A change of coordinates; rows are laws, columns coordinates or coefficients."""

    names: tuple[str, ...]
    """The coordinates."""

    @abstractmethod
    def coefficients(self, theta: Array) -> Array:
        """Coefficients (B, P) at coordinates (B, p)."""

    @abstractmethod
    def coordinates(self, coefficients: Array) -> Array:
        """The inverse."""

    @abstractmethod
    def slopes(self, theta: Array) -> Array:
        """Derivatives of the coefficients by the coordinates, (B, P, p)."""


@dataclass(frozen=True)
class BoxCox(Chart):
    """Groups of three coefficients (a, b, p) of a N^p + b, as (p, value, slope) at the reference size.

    Coefficients stand in the order a, b, p of each group, coordinates as value, slope, p.
    """

    def coefficients(self, theta: Array) -> Array:
        """By a = v / (p N_0^p) and b = u - v / p."""
        u, v, p = (theta[:, j::3] for j in range(3))
        a, b = v / (p * REFERENCE**p), u - v / p
        return np.stack([a, b, p], axis=-1).reshape(theta.shape)

    def coordinates(self, coefficients: Array) -> Array:
        """By u = a N_0^p + b and v = a p N_0^p."""
        a, b, p = (coefficients[:, j::3] for j in range(3))
        there = a * REFERENCE**p
        return np.stack([there + b, there * p, p], axis=-1).reshape(coefficients.shape)

    def slopes(self, theta: Array) -> Array:
        """Block diagonal, a block a group."""
        count, size = theta.shape
        chain = np.zeros((count, size, size))
        for start in range(0, size, 3):
            _, v, p = (theta[:, start + j] for j in range(3))
            power = p * REFERENCE**p
            chain[:, start, start + 1] = 1.0 / power
            chain[:, start, start + 2] = -v / power * (1.0 / p + np.log(REFERENCE))
            chain[:, start + 1, start] = 1.0
            chain[:, start + 1, start + 1] = -1.0 / p
            chain[:, start + 1, start + 2] = v / p**2
            chain[:, start + 2, start + 2] = 1.0
        return chain
