"""Faults in force over spans of time, as every sort of fault keeps them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
MOST_SPANS = 1_000
"""A newer fault beyond so many pushes out the oldest."""


class Span(NamedTuple, Generic[T]):
    """A fault from one moment until just before another."""

    fault: T
    starts: datetime
    ends: datetime

    def covers(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.starts <= now < self.ends


class Spans(Generic[T]):
    """Faults in the order in which they were caused; what is over is forgotten when the next one comes."""

    def __init__(self) -> None:
        self._spans: list[Span[T]] = []

    def add(self, fault: T, starts: datetime, duration_s: float) -> None:
        """A fault from a moment on."""
        kept = [span for span in self._spans if span.ends > starts][-(MOST_SPANS - 1) :]
        self._spans = [*kept, Span(fault, starts, starts + timedelta(seconds=duration_s))]

    def keep(self, kept: list[Span[T]]) -> None:
        """Only these of them go on."""
        self._spans = kept

    def clear(self) -> None:
        """All is well."""
        self._spans = []

    def __iter__(self) -> Iterator[Span[T]]:
        return iter(self._spans)

    def at(self, now: datetime) -> list[Span[T]]:
        """What is in force, oldest first."""
        return [span for span in self._spans if span.covers(now)]
