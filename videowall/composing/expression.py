"""What every place of a scene says now. Pure but for the scene's faces, which it sets."""

from collections.abc import Callable
from datetime import datetime

from sensors.catalog import PictureState
from sensors.model import DeviceKey
from videowall.captions.attention import Attention
from videowall.captions.face import (
    AlarmFace,
    Mark,
    Moment,
    alarm_face,
    exercise_marks,
    saving_marks,
    tile_face,
    wall_marks,
    zone_of,
)
from videowall.captions.panels.face import PanelFace
from videowall.captions.panels.making import board_notice, make_calm, make_panel, make_quiet
from videowall.composing.scene import PanelTile, Scene, Tile
from videowall.plan import Plan

Look = Callable[[Tile], tuple[PictureState, float | None]]
"""A tile's state, and for how many seconds its picture cannot be relied on, where that is known."""


def express(scene: Scene, attention: Attention, now: datetime, now_s: float, look: Look) -> bool:
    """Give every tile and panel its face, and let the scene sleep or wake; whether any of them says something new."""
    plan = scene.plan
    age_s = attention.age_s(now, now_s)
    moment = Moment(now, zone_of(plan), plan.language, attention, attention.is_fresh(now, now_s))
    notice = board_notice(moment, age_s)
    exercise, first = exercise_marks(plan), scene.first
    whole = (*exercise, *wall_marks(plan))
    live: dict[DeviceKey, bool] = {}
    is_new = False
    for tile in scene.tiles:
        state, trouble_age_s = look(tile)
        live[tile.feed.key] = live.get(tile.feed.key, False) or state is PictureState.LIVE
        marks = (*(whole if tile is first else exercise), *saving_marks(tile.saving, plan.language))
        face = tile_face(tile.feed, state, trouble_age_s, moment, _banner(tile, plan, moment), marks)
        if face != tile.face:
            tile.face, is_new = face, True
    counted = (sum(live.values()), len(live))
    said = [
        (panel, _panel_face(panel, plan, moment, notice, counted, whole if panel is first else exercise))
        for panel in scene.panels
    ]
    for panel, panel_face in (*said, (scene.quiet, make_quiet(moment, notice, counted, whole))):
        if panel_face != panel.face:
            panel.face, is_new = panel_face, True
    scene.asleep = plan.calm and not plan.spotlights and not attention.needs_eyes
    return is_new


def _banner(tile: Tile, plan: Plan, moment: Moment) -> AlarmFace | None:
    return alarm_face(tile.spotlight, plan.spotlights_waiting, moment) if tile.spotlight is not None else None


def _panel_face(
    tile: PanelTile, plan: Plan, moment: Moment, notice: str, live: tuple[int, int], marks: tuple[Mark, ...]
) -> PanelFace:
    if tile.panel is None:
        return make_calm(plan, moment, notice, live, marks)
    return make_panel(tile.panel, moment, notice, marks)
