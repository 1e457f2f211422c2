"""The walls the hub plans for: the officers' choices, the plans last made, and how their nodes stand."""

from datetime import datetime

from msgspec.structs import replace

from hub.decisions.pages import cameras_in, check
from hub.decisions.planner import SITUATION_CENTER, Border, House, Planner
from hub.decisions.records import Remembered, WallChoice
from hub.decisions.registry import Device, Registry
from hub.decisions.wishes import change_choice
from hub.inputs import Moment
from hub.protocol import AlarmView, CameraView, Composition, Liveness, PresetView, Progress, WallRequest, WallView
from hub.protocol.walls import MAX_PRESETS
from sensors.catalog import CAMERA, WALL
from sensors.errors import ConflictError, LimitError, NotFoundError
from sensors.model import DeviceKey, StreamRole
from sensors.topics import WALLS, wall_key
from videowall.plan import Feed, Plan

MAIN = "main"
MAX_VIEWS = 5_000
_PLAIN = CameraView()


class Walls:
    """Every wall: "main", those an officer has changed, and those whose node has introduced itself."""

    def __init__(self, remembered: Remembered, house: House) -> None:
        self._house = house
        self._planners: dict[str, Planner] = {}
        self.choices: dict[str, WallChoice] = {MAIN: WallChoice(), **remembered.walls}
        self.presets: dict[str, PresetView] = {preset.preset: preset for preset in remembered.presets}
        self.camera_views: dict[DeviceKey, CameraView] = dict(remembered.views)
        """Kept even of cameras that are gone: one that comes back must not come back without its masks."""
        self.plans: dict[str, Plan] = {}
        self._cameras: list[Feed] | None = None
        """The approved cameras in order, kept from plan to plan: in a flood of alarms they are the same."""

    def plan(self, registry: Registry, alarms: tuple[AlarmView, ...], now: Moment) -> tuple[Plan, ...]:
        """The plans that changed, each with a revision above all earlier ones, those of earlier runs included."""
        if self._cameras is None or registry.changed or registry.removed:
            self._cameras = self._look(registry)
        border = Border(self._cameras, alarms, self.presets)
        changed: list[Plan] = []
        for wall, choice in sorted(self.choices.items()):
            planner = self._planner(wall)
            plan = planner.plan(border, choice, now.monotonic_s)
            if plan == self.plans.get(wall):
                continue
            revision = max(choice.revision + 1, int(now.at.timestamp()))
            self.choices[wall] = planner.remember(choice, revision)
            self.plans[wall] = replace(plan, revision=revision)
            changed.append(self.plans[wall])
        return tuple(changed)

    @property
    def watched(self) -> frozenset[DeviceKey]:
        """The cameras that some wall shows."""
        tiles = (tile for plan in self.plans.values() for tile in plan.tiles)
        lights = (light.feed for plan in self.plans.values() for light in plan.spotlights)
        return frozenset(feed.key for feed in (*tiles, *lights) if isinstance(feed, Feed))

    def note(self) -> None:
        """Devices, or how cameras are shown, have changed."""
        self._cameras = None

    def due(self, now_s: float) -> bool:
        """Whether time alone may have changed a plan."""
        times = (planner.next_at_s for planner in self._planners.values())
        return any(time is not None and time <= now_s for time in times)

    def change(self, wall: str, change: WallRequest, who: str, registry: Registry, at: datetime) -> None:
        """Take an officer's choice, all of it or nothing.

        Raises:
            NotFoundError: no such wall, preset, page, or approved camera.
            WireError: a wall cannot show that.
            ConflictError: there is no tour to go on with.
        """
        choice = self.choices.get(wall)
        if choice is None:
            raise NotFoundError("no such wall", subject=wall)
        self._expect(cameras_in(change.tiles or ()), registry)
        if change.tour is not None:
            self._expect(cameras_in([pin.content for pin in change.tour.pinned]), registry)
        changed = change_choice(choice, change, self.presets)
        if change.clear_spotlight:
            changed = replace(changed, spotlight=None, spotlight_since=None, spotlight_by="")
        if change.spotlight is not None:
            self._expect([change.spotlight], registry)
            changed = replace(changed, spotlight=change.spotlight, spotlight_since=at, spotlight_by=who)
        if change.page is not None:
            plan = self.plans.get(wall)
            count = plan.page.of if plan is not None and plan.page is not None else None
            if count is not None and change.tour is None and change.page > count:
                raise NotFoundError(f"the tour has {count} pages", subject=f"page {change.page}")
            self._planner(wall).touring.turn_to(change.page - 1)
        elif changed.tour != choice.tour or Progress.OFF in {choice.progress, changed.progress}:
            # One that was ended begins anew when it goes on.
            self._planner(wall).touring.turn_to(0)
        self.choices[wall] = changed

    def save_preset(self, preset: PresetView, registry: Registry) -> None:
        """Keep a page under its id, in place of what had it.

        Raises:
            WireError: a wall cannot show it.
            NotFoundError: one of its tiles is pinned to what is no approved camera.
            LimitError: there are too many presets.
        """
        check(preset.composition)
        self._expect(cameras_in(preset.composition.tiles), registry)
        if preset.preset not in self.presets and len(self.presets) >= MAX_PRESETS:
            raise LimitError(f"there are {MAX_PRESETS} presets", subject=preset.preset, mend="Remove one first")
        self.presets[preset.preset] = preset

    def remove_preset(self, name: str) -> None:
        """Forget a preset; a wall that was set to it stays as it is.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: a tour goes by it.
        """
        if name not in self.presets:
            raise NotFoundError("no such preset", subject=name)
        for wall, choice in sorted(self.choices.items()):
            if choice.tour is not None and any(stop.preset == name for stop in choice.tour.stops):
                raise ConflictError(f"is a page of the tour of wall {wall}", subject=name, mend="Change the tour first")
        del self.presets[name]

    def composition_of(self, wall: str) -> Composition:
        """A wall's own page.

        Raises:
            NotFoundError: no such wall.
        """
        if wall not in self.choices:
            raise NotFoundError("no such wall", subject=wall)
        return self.choices[wall].composition

    def camera_view(self, key: DeviceKey) -> CameraView:
        """How a camera is shown."""
        return self.camera_views.get(key, _PLAIN)

    def set_camera_view(self, key: DeviceKey, view: CameraView) -> None:
        """Show a camera so from now on.

        Raises:
            LimitError: too many cameras are spoken of.
        """
        if key not in self.camera_views and len(self.camera_views) >= MAX_VIEWS:
            raise LimitError(f"views of {MAX_VIEWS} cameras are kept", subject=str(key))
        self.camera_views[key] = view
        self.note()

    def view(self, wall: str, registry: Registry) -> WallView:
        """How one planned wall stands."""
        node, plan, choice = _node(wall, registry), self.plans[wall], self.choices[wall]
        url = next((s.url for s in node.birth.streams if s.role is StreamRole.WALL), "") if node else ""
        spots = tuple(light.feed.key for light in plan.spotlights)
        return WallView(
            wall=wall,
            title=node.birth.names if node and node.introduced else SITUATION_CENTER,
            layout=plan.layout,
            online=node is not None and node.liveness is Liveness.ONLINE,
            url=url,
            spotlight=spots[0] if spots else None,
            language=plan.language,
            composition=choice.composition,
            preset=choice.preset,
            chosen=choice.spotlight,
            spotlights=spots,
            spotlights_waiting=plan.spotlights_waiting,
            calm=plan.calm,
            exercise=plan.exercise,
            tour=choice.tour,
            progress=choice.progress,
            page=plan.page,
            alarms=choice.alarms,
        )

    def views(self, registry: Registry) -> tuple[WallView, ...]:
        """How all planned walls stand, in order of name."""
        return tuple(self.view(wall, registry) for wall in sorted(self.plans))

    def _planner(self, wall: str) -> Planner:
        planner = self._planners.get(wall)
        if planner is None:
            planner = self._planners[wall] = Planner(wall, self._house, self.choices[wall])
        return planner

    def _look(self, registry: Registry) -> list[Feed]:
        for key, device in registry.devices.items():
            if is_wall(device) and device.counted:
                self.choices.setdefault(key.device, WallChoice())
        cameras = sorted((device for device in registry.devices.values() if _is_shown(device)), key=_key)
        return [self._feed(device) for device in cameras]

    def _feed(self, device: Device) -> Feed:
        birth, view = device.birth, self.camera_view(device.key)
        return Feed(
            key=device.key,
            names=birth.names,
            site_names=birth.site_names,
            streams=birth.streams,
            fit=view.fit,
            rotation=view.rotation,
            masks=view.masks,
            presets=device.presets,
        )

    @staticmethod
    def _expect(keys: list[DeviceKey], registry: Registry) -> None:
        for key in keys:
            device = registry.find(key)
            if device is None or not _is_shown(device):
                raise NotFoundError("no such approved camera", subject=str(key))


def is_wall(device: Device) -> bool:
    """Whether a device is a wall node."""
    return device.key.site == WALLS and device.birth.kind == WALL


def _node(wall: str, registry: Registry) -> Device | None:
    """The wall's own node, if it belongs to this hub."""
    node = registry.find(wall_key(wall))
    return None if node is None or node.barred else node


def _is_shown(device: Device) -> bool:
    return device.approved and device.birth.kind == CAMERA


def _key(device: Device) -> DeviceKey:
    return device.key
