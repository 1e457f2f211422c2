"""The walls the hub plans for: the officers' choices, the plans last made, and how their nodes stand."""

import re
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from hub.decisions.planner import SITUATION_CENTER, House, plan_wall
from hub.decisions.records import WallChoice
from hub.decisions.registry import Device, Registry
from hub.protocol import AlarmView, Liveness, WallRequest, WallView
from sensors.catalog import CAMERA, WALL
from sensors.errors import NotFoundError, WireError
from sensors.model import StreamRole
from sensors.topics import WALLS, wall_key
from videowall.plan import FREE, LAYOUT_PATTERN, Feed, LayoutName, Plan

MAIN = "main"


class Walls:
    """Every wall: "main", those an officer has changed, and those whose node has introduced itself."""

    def __init__(self, choices: Mapping[str, WallChoice], house: House) -> None:
        self._house = house
        self.choices: dict[str, WallChoice] = {MAIN: WallChoice(), **choices}
        self.plans: dict[str, Plan] = {}

    def plan(self, registry: Registry, alarms: tuple[AlarmView, ...], at: datetime) -> tuple[Plan, ...]:
        """The plans that changed, each with a revision above all earlier ones, those of earlier runs included."""
        cameras = [_feed(device) for _, device in sorted(registry.devices.items()) if _is_shown(device)]
        for key, device in registry.devices.items():
            if is_wall(device) and device.counted:
                self.choices.setdefault(key.device, WallChoice())
        changed: list[Plan] = []
        for wall, choice in sorted(self.choices.items()):
            plan = plan_wall(wall, cameras, alarms, choice, self._house)
            if plan == self.plans.get(wall):
                continue
            revision = max(choice.revision + 1, int(at.timestamp()))
            self.choices[wall] = replace(choice, revision=revision)
            self.plans[wall] = replace(plan, revision=revision)
            changed.append(self.plans[wall])
        return tuple(changed)

    def change(self, wall: str, change: WallRequest, who: str, registry: Registry, at: datetime) -> None:
        """Take an officer's choice.

        Raises:
            NotFoundError: no such wall, or no such approved camera.
            WireError: no such layout.
        """
        choice = self.choices.get(wall)
        if choice is None:
            raise NotFoundError("no such wall", subject=wall)
        if change.layout is not None:
            choice = replace(choice, layout=_layout(change.layout))
        if change.language is not None:
            choice = replace(choice, language=change.language)
        if change.clear_spotlight:
            choice = replace(choice, spotlight=None, spotlight_since=None, spotlight_by="")
        if change.spotlight is not None:
            device = registry.find(change.spotlight)
            if device is None or not _is_shown(device):
                raise NotFoundError("no such approved camera", subject=str(change.spotlight))
            choice = replace(choice, spotlight=change.spotlight, spotlight_since=at, spotlight_by=who)
        self.choices[wall] = choice

    def view(self, wall: str, registry: Registry) -> WallView:
        """How one planned wall stands."""
        node, plan = registry.find(wall_key(wall)), self.plans[wall]
        url = next((s.url for s in node.birth.streams if s.role is StreamRole.WALL), "") if node else ""
        return WallView(
            wall=wall,
            title=node.birth.names if node and node.introduced else SITUATION_CENTER,
            layout=plan.layout,
            online=node is not None and node.liveness is Liveness.ONLINE,
            url=url,
            spotlight=plan.spotlights[0].feed.key if plan.spotlights else None,
        )

    def views(self, registry: Registry) -> tuple[WallView, ...]:
        """How all planned walls stand, in order of name."""
        return tuple(self.view(wall, registry) for wall in sorted(self.plans))


def is_wall(device: Device) -> bool:
    """Whether a device is a wall node."""
    return device.key.site == WALLS and device.birth.kind == WALL


def _is_shown(device: Device) -> bool:
    return device.approved and device.birth.kind == CAMERA


def _feed(device: Device) -> Feed:
    return Feed(device.key, device.birth.names, device.birth.site_names, device.birth.streams)


def _layout(name: str) -> LayoutName:
    if name == FREE or not re.match(LAYOUT_PATTERN, name):
        known = "1x1 to 8x8 (columns by rows), 1+5, 1+7, 1+12 and 2+8"
        raise WireError("no such layout", subject=name[:60], mend=f"Layouts are {known}")
    return name
