"""What an instructor can start in an exercise, and how the operational log tells what was started.

An order is the line `training-order`, its answer the line `training-answer` of the same device; both begin with the
order's id. What a scenario does by itself are events of its simulator, in the same words.
"""

import re
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from hub.protocol.records import LogEntry
from sensors.model import Command, DeviceKey, Ident, Names, Value

TRAINING_ORDER: Final = "training-order"
TRAINING_ANSWER: Final = "training-answer"
ID_PREFIX: Final = "training-"
"""How ids of orders begin, so that their answers are told from those of other commands."""
_ANSWERED: Final = re.compile(r"(\S+): (done|refused) ?(.*)", re.DOTALL)


class ControlView(Struct, frozen=True):
    """A simulated device that can be told things, and which."""

    key: DeviceKey
    kind: str
    names: Names
    site_names: Names
    online: bool
    commands: tuple[Command, ...]


class InstructRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /training/{site}/{device}/orders."""

    name: Ident
    arguments: Annotated[dict[Ident, Value], Meta(max_length=16)] = {}


class Answered(NamedTuple):
    """What a simulated device said to an order."""

    id: str
    done: bool
    text: str


def read_answered(text: str) -> Answered | None:
    """The answer that a line of the log tells; None when it tells something else."""
    found = _ANSWERED.fullmatch(text)
    return None if found is None else Answered(found[1], found[2] == "done", found[3])


def is_of_training(entry: LogEntry) -> bool:
    """Whether a line tells what an instructor or a scenario does, which a trainee is not to read."""
    return entry.kind in (TRAINING_ORDER, TRAINING_ANSWER)
