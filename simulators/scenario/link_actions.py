"""What can be made to happen to a post's link, beside `link-cut`. Sorts add up; of one sort the newest counts."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from simulators.scenario.acts import Act, Seconds


class Ending(StrEnum):
    """How a broken link ends connections."""

    FIN = "fin"
    RESET = "reset"


class LinkAct(Act, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all faults of a link have: they pass."""

    duration_s: Seconds = 60.0


class LinkBreak(LinkAct, tag="link-break", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every connection through the link ends, and no new one comes about."""

    ending: Ending = Ending.RESET


class LinkHalfOpen(LinkAct, tag="link-half-open", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Connections stand and new ones are accepted, but nothing that is sent on them ever arrives."""


class LinkBrownOut(LinkAct, tag="link-brown-out", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing passes for the first `down_s` of each `every_s`; with `breaks`, connections are reset at that moment."""

    every_s: Annotated[float, Meta(ge=0.5, le=3600)] = 20.0
    down_s: Annotated[float, Meta(gt=0, le=3600)] = 5.0
    breaks: bool = False


class LinkLatency(LinkAct, tag="link-latency", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything takes so long in each direction, and up to `jitter_s` longer."""

    latency_s: Annotated[float, Meta(ge=0, le=30)] = 0.3
    jitter_s: Annotated[float, Meta(ge=0, le=30)] = 0.05


class LinkLoss(LinkAct, tag="link-loss", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """This share of segments is lost: what speaks over TCP stands still until each has been sent again."""

    share: Annotated[float, Meta(gt=0, le=0.9)] = 0.05


class LinkNarrow(LinkAct, tag="link-narrow", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So much passes in each direction, and no more."""

    kbps: Annotated[float, Meta(ge=1, le=1_000_000)] = 64.0


class LinkResume(Act, tag="link-resume", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The link is well again."""


LinkFault = LinkBreak | LinkHalfOpen | LinkBrownOut | LinkLatency | LinkLoss | LinkNarrow
LinkAction = LinkFault | LinkResume
