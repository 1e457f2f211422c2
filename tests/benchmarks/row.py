"""One figure of a benchmark, and how figures are shown and kept."""

import sys
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

FOLDER = Path("build/bench")


class Row(Struct, frozen=True):
    """A median over `runs` runs, beside what is aimed at."""

    name: str
    value: float
    unit: str
    aim: float | None
    better: Literal["lower", "higher"]
    runs: int

    @property
    def verdict(self) -> str:
        """Whether the aim is reached, in a word."""
        if self.aim is None:
            return ""
        reached = self.value <= self.aim if self.better == "lower" else self.value >= self.aim
        return "reached" if reached else "missed"


def publish(name: str, rows: list[Row]) -> None:
    """Print the table and write build/bench/<name>.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    width = max(len(row.name) for row in rows)
    sys.stdout.write(f"\n{name}\n")
    for row in rows:
        sign = "≤" if row.better == "lower" else "≥"
        aim = "" if row.aim is None else f"aim {sign} {row.aim:g}"
        sys.stdout.write(
            f"  {row.name:<{width}}  {row.value:>12,.3f} {row.unit:<10} {aim:<14} {row.verdict:<8} runs {row.runs}\n"
        )
