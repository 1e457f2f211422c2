"""What a scenario expects the system to say: in addition to, or instead of, what follows from the default limits."""

from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import Ident, Line
from simulators.scenario.acts import Seconds

AlarmName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\.[a-z0-9][a-z0-9_-]{0,62}$(?!\n)")]


class Expectation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One alarm, `metric.limit`, of one device, because of the step `of`.

    It is to be raised from `after_s` after the step on, at most `within_s` later. With `excused` it need not be, and is
    a nuisance for that reason; with `never`, what would follow from the default limits is not expected.
    """

    of: Ident
    device: Ident
    alarm: AlarmName
    after_s: Seconds = 0.0
    within_s: Seconds = 15.0
    lasts_s: Seconds = 120.0
    excused: Line | None = None
    never: bool = False
