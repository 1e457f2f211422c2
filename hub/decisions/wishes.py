"""An officer's change of a wall, made of what the wall is set to. Pure."""

from collections.abc import Mapping

from msgspec.structs import replace

from hub.decisions.pages import check, check_alarm_layout
from hub.decisions.records import WallChoice
from hub.protocol import Composition, PresetView, Progress, WallRequest
from sensors.errors import ConflictError, NotFoundError, WireError
from videowall.plan import Canvas, find_fault, small_tiles_of


def change_choice(choice: WallChoice, change: WallRequest, presets: Mapping[str, PresetView]) -> WallChoice:
    """The choice after a change; who may be seen large is not decided here.

    Raises:
        NotFoundError: no such preset.
        WireError: a wall cannot show that.
        ConflictError: there is no tour to go on with.
    """
    choice = _compose(choice, change, presets)
    choice = _tour(choice, change, presets)
    if change.alarms is not None and change.alarms.layout is not None:
        check_alarm_layout(change.alarms.layout)
    return replace(
        choice,
        language=change.language or choice.language,
        calm=choice.calm if change.calm is None else change.calm,
        alarms=change.alarms or choice.alarms,
    )


def words_of(change: WallRequest) -> str:
    """What a change asks for, as the operational log has it."""
    words = [
        f"preset {change.preset}" if change.preset else "",
        f"layout {change.layout}" if change.layout else "",
        f"{len(change.places)} places" if change.places is not None else "",
        f"{len(change.tiles)} tiles set" if change.tiles is not None else "",
        f"cameras of {', '.join(change.sites) or 'all sites'}" if change.sites is not None else "",
        f"language {change.language}" if change.language else "",
        f"spotlight {change.spotlight}" if change.spotlight else "spotlight cleared" * change.clear_spotlight,
        "" if change.calm is None else f"calm {'on' if change.calm else 'off'}",
        f"tour of {len(change.tour.stops)} stops" if change.tour else "tour forgotten" * change.clear_tour,
        f"tour {change.progress}" if change.progress else "",
        f"page {change.page}" if change.page else "",
        f"alarms of {', '.join(change.alarms.sites) or 'all sites'} from {change.alarms.priority}"
        if change.alarms
        else "",
    ]
    return ", ".join(filter(None, words)) or "nothing"


def _compose(choice: WallChoice, change: WallRequest, presets: Mapping[str, PresetView]) -> WallChoice:
    composed = (change.layout, change.places, change.tiles, change.sites)
    if change.preset is None and all(part is None for part in composed):
        return choice
    own = choice.composition
    if change.preset is not None:
        own = _preset(change.preset, presets).composition
    layout = change.layout or own.layout
    places = change.places if change.places is not None else own.places if layout == own.layout else ()
    if fault := find_fault(layout, places, Canvas()):
        raise WireError(fault, subject="layout")
    tiles = own.tiles[: small_tiles_of(layout, places)] if change.tiles is None else change.tiles
    sites = own.sites if change.sites is None else change.sites
    check(Composition(layout, places, tiles, sites))
    return replace(
        choice,
        layout=layout,
        places=places,
        tiles=tiles,
        sites=sites,
        preset=change.preset if change.preset and all(part is None for part in composed) else "",
        progress=Progress.OFF,
    )


def _tour(choice: WallChoice, change: WallRequest, presets: Mapping[str, PresetView]) -> WallChoice:
    if change.clear_tour:
        choice = replace(choice, tour=None, progress=Progress.OFF)
    if change.tour is not None:
        for stop in change.tour.stops:
            if stop.preset is not None:
                _preset(stop.preset, presets)
        choice = replace(choice, tour=change.tour)
    progress = change.progress
    if progress is None and change.page is not None and choice.progress is Progress.OFF:
        progress = Progress.HELD
    if progress is None:
        return choice
    if progress is not Progress.OFF and choice.tour is None:
        raise ConflictError("has no tour", subject="wall", mend="Say which pages it has first")
    return replace(choice, progress=progress)


def _preset(name: str, presets: Mapping[str, PresetView]) -> PresetView:
    if name not in presets:
        raise NotFoundError("no such preset", subject=name)
    return presets[name]
