"""What can be made to happen to a post's gateway itself: its cable, its will, its births."""

from typing import Annotated

from msgspec import Meta

from simulators.scenario.acts import Act, Seconds


class LinkCut(Act, tag="link-cut", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The post loses the centre: nobody sees its cameras; what its gateway kept comes afterwards, as historical."""

    duration_s: Seconds = 30.0


class FalseWill(Act, tag="false-will", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The broker says that the gateway is gone, as with a will that comes late; it goes on to speak."""


class RebirthStorm(Act, tag="rebirth-storm", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The gateway announces everybody again and again."""

    duration_s: Seconds = 10.0
    every_s: Annotated[float, Meta(ge=0.2, le=3_600)] = 1.0


GatewayAction = LinkCut | FalseWill | RebirthStorm
