"""Numbers as equipment writes them."""

import math
import re

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_LONGEST = 64
_MAX_INTEGER = 2**63


def number_of(said: object) -> int | float | None:
    """What a value or its text says as a finite number, of 64 bits where it is whole; None when it is none."""
    if isinstance(said, str):
        if len(said) > _LONGEST or not _NUMBER.fullmatch(said):
            return None
        said = int(said) if _INTEGER.fullmatch(said) else float(said)
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    if isinstance(said, int):
        return said if abs(said) < _MAX_INTEGER else None
    return said if math.isfinite(said) else None
