"""What people ask of walls, done: choices, presets, how cameras are shown. Each order is one line in the log."""

from hub.decisions.state import State
from hub.decisions.wishes import words_of
from hub.inputs import Moment
from hub.protocol import CameraView, Composition, PresetView, WallView
from hub.protocol.walls import DEFAULT_LAYOUT
from hub.requests import ChangeWall, ReadPresets, ReadView, RemovePreset, SavePreset, SetView
from sensors.catalog import CAMERA
from sensors.errors import NotFoundError
from sensors.model import DeviceKey

WallOrder = ChangeWall | ReadPresets | SavePreset | RemovePreset | ReadView | SetView


class WallDesk:
    """Answers requests about walls from the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, request: WallOrder, now: Moment) -> object:
        """The answer.

        Raises:
            ShekaraError: as `hub.core.Hub` says of each request.
        """
        walls = self._state.walls
        match request:
            case ChangeWall():
                return self._change(request, now)
            case ReadPresets():
                return tuple(walls.presets[name] for name in sorted(walls.presets))
            case SavePreset():
                return self._save_preset(request, now)
            case RemovePreset():
                self._remove_preset(request, now)
                return None
            case ReadView():
                self._expect_camera(request.key)
                return walls.camera_view(request.key)
            case SetView():
                return self._set_view(request, now)

    def _change(self, request: ChangeWall, now: Moment) -> WallView:
        state, wall, change = self._state, request.wall, request.change
        state.walls.change(wall, change, request.who, state.registry, now.at)
        state.log(now, "wall-changed", f"{wall}: {words_of(change)}", who=request.who, key=change.spotlight)
        state.effects.changes.walls[wall] = state.walls.choices[wall]
        state.plan(now)
        return state.walls.view(wall, state.registry)

    def _save_preset(self, request: SavePreset, now: Moment) -> PresetView:
        state, asked = self._state, request.asked
        if asked.wall is not None:
            composition = state.walls.composition_of(asked.wall)
        else:
            composition = Composition(asked.layout or DEFAULT_LAYOUT, asked.places, asked.tiles, asked.sites)
        preset = PresetView(request.preset, asked.names, composition, request.who, now.at)
        state.walls.save_preset(preset, state.registry)
        state.log(now, "preset-saved", f"{preset.preset}: layout {composition.layout}", who=request.who)
        state.effects.changes.presets[preset.preset] = preset
        state.plan(now)
        return preset

    def _remove_preset(self, request: RemovePreset, now: Moment) -> None:
        state = self._state
        state.walls.remove_preset(request.preset)
        state.log(now, "preset-removed", request.preset, who=request.who)
        state.effects.changes.presets[request.preset] = None

    def _set_view(self, request: SetView, now: Moment) -> CameraView:
        state, key, view = self._state, request.key, request.view
        self._expect_camera(key)
        before = state.walls.camera_view(key)
        state.walls.set_camera_view(key, view)
        text = f"{view.fit}, turned by {view.rotation}°, masks: {len(view.masks)}"
        if before.masks != view.masks:
            text += f" (changed; there were {len(before.masks)})"
        state.log(now, "camera-view-changed", text, who=request.who, key=key)
        state.effects.changes.views[key] = view
        state.plan(now)
        return view

    def _expect_camera(self, key: DeviceKey) -> None:
        device = self._state.registry.find(key)
        if device is None or device.birth.kind != CAMERA:
            raise NotFoundError("no such camera", subject=str(key))
