"""Noise of hours and days: repeatable, smooth, and different for each name."""

import math
from datetime import datetime
from random import Random

_PERIODS_H = (61, 23, 7, 1.7)
_SHARES = (0.4, 0.3, 0.2, 0.1)


class Noise:
    """Any number of slow curves; the same `name` and curve give the same noise for ever."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waves: dict[str, tuple[tuple[float, float], ...]] = {}

    def slow(self, curve: str, now: datetime) -> float:
        """A value between -1 and 1 that needs hours to change."""
        waves = self._waves.get(curve)
        if waves is None:
            random = Random(f"{self._name}/{curve}")  # noqa: S311 - repeatable noise, not a secret
            waves = tuple((hours * random.uniform(0.9, 1.1), random.uniform(0, 2 * math.pi)) for hours in _PERIODS_H)
            self._waves[curve] = waves
        hours = now.timestamp() / 3600
        return sum(
            share * math.sin(2 * math.pi * hours / period + phase)
            for share, (period, phase) in zip(_SHARES, waves, strict=True)
        )
