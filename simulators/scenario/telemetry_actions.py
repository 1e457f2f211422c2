"""What can be made to happen to what devices say. All of it is of one device, or without `device` of the whole post."""

from typing import Annotated

from msgspec import Meta

from sensors.model import Ident
from simulators.scenario.acts import Act, Seconds

Share = Annotated[float, Meta(gt=0, le=1)]
_Finite = Annotated[float, Meta(ge=-1e12, le=1e12)]


class TelemetryAct(Act, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all of them have: whom they are of, and that they pass."""

    device: Ident | None = None
    duration_s: Seconds = 60.0


class DataDrop(TelemetryAct, tag="data-drop", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """This share of samples is lost on the way to the gateway; their numbers are missing."""

    share: Share = 0.2


class DataDelay(TelemetryAct, tag="data-delay", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Samples leave so late, and up to `jitter_s` later, each with the time at which it was measured."""

    delay_s: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    jitter_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0


class DataDuplicate(TelemetryAct, tag="data-duplicate", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """This share of samples is said `copies` times more."""

    share: Share = 0.5
    copies: Annotated[int, Meta(ge=1, le=10)] = 1


class DataReorder(TelemetryAct, tag="data-reorder", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """This share of samples leaves after the next one of the same device."""

    share: Share = 0.3


class DataCorrupt(TelemetryAct, tag="data-corrupt", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """This share of messages is cut off or has a wrong bit: nobody can read them."""

    share: Share = 0.3


class DataFlood(TelemetryAct, tag="data-flood", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A device says its last values again and again, as new samples; it must be named."""

    device: Ident
    per_s: Annotated[float, Meta(ge=1, le=5000)] = 500.0


class ClockSkew(TelemetryAct, tag="clock-skew", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Times are so many seconds ahead, or behind when negative, and go on to run away from that."""

    skew_s: Annotated[float, Meta(ge=-31_536_000, le=31_536_000)] = 300.0
    drift_s_per_h: Annotated[float, Meta(ge=-3600, le=3600)] = 0.0


class ValueStuck(TelemetryAct, tag="value-stuck", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A device says for ever what it said when this began: one metric, or all of them. The device must be named."""

    device: Ident
    metric: Ident | None = None


class ValueImpossible(TelemetryAct, tag="value-impossible", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that cannot be: by default far outside the range of the metric, which is the first with a range."""

    device: Ident
    metric: Ident | None = None
    value: _Finite | None = None


class ValueDrift(TelemetryAct, tag="value-drift", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number runs away from the truth; by default that of the first metric with a range."""

    device: Ident
    metric: Ident | None = None
    per_h: _Finite = 10.0


class DataResume(Act, tag="data-resume", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a device, or the whole post, says is true and in time again; what was held back leaves at once."""

    device: Ident | None = None


TelemetryFault = (
    DataDrop
    | DataDelay
    | DataDuplicate
    | DataReorder
    | DataCorrupt
    | DataFlood
    | ClockSkew
    | ValueStuck
    | ValueImpossible
    | ValueDrift
)
TelemetryAction = TelemetryFault | DataResume
