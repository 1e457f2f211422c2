"""Which alarms an action must raise by the default limits of the kinds, or may raise for nothing.

What follows from several actions together, such as an old battery that dies, is for a scenario's own expectations.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sensors.catalog import GATEWAY
from simulators.births import PERIODS_OF_SILENCE
from simulators.foreign.advice import alone_of
from simulators.foreign.home_assistant import expiry_s
from simulators.foreign.vocabulary import SCENE_CHANGE, TAMPER, TOO_BLURRY, TOO_DARK, Dialect
from simulators.kinds import KINDS
from simulators.messages import WILL_AFTER_S
from simulators.models.perimeter import STORM_GUST_MPS, STORM_RAIN_MMPH
from simulators.scenario.actions import (
    Action,
    BarrierLeftOpen,
    BarrierStuck,
    DeviceSilence,
    DoorOpen,
    FibreBreak,
    GnssJam,
    Herd,
    Intrusion,
    Overload,
    Radiation,
    Tamper,
)
from simulators.scenario.camera_actions import CameraBlack, CameraBlur, CameraCover, CameraTurn
from simulators.scenario.checking import OFFLINE, OFFLINE_DELAY_S, alarms_of, device_of
from simulators.scenario.form import DeviceEntry
from simulators.scenario.gateway_actions import FalseWill, LinkCut
from simulators.scenario.link_actions import LinkBreak, LinkBrownOut, LinkHalfOpen
from simulators.scenario.nature_actions import Enter, TrafficTurn, WeatherTurn
from simulators.scenario.power_actions import MainsFail
from simulators.scenario.telemetry_actions import ValueDrift, ValueImpossible, ValueStuck
from simulators.visits import visits_of
from simulators.world.uplinks import Path, by_satellite, c_n_db
from simulators.world.world import World

SLACK_S = 10.0
"""Beside an alarm's own delay: for the sample, the way and the hub."""
_AFTERWARDS_S = 30.0
_LEFT_OPEN_S = 120.0
_QUEUE = "electronic-queue"
_STORM, _FOG, _FADING, _LOSSY = "gust.storm", "visibility.fog", "c_n.fading", "loss.lossy"


class Consequence(NamedTuple):
    """An alarm that is due from `starts` on, `within_s`; until `ends` it may come again. `excused`: it may, so."""

    device: str
    alarm: str
    starts: datetime
    ends: datetime
    within_s: float = SLACK_S
    excused: str | None = None


class _Due(NamedTuple):
    device: str
    alarm: str
    after_s: float = 0.0
    slack_s: float = 0.0


def consequences_of(action: Action, world: World, now: datetime) -> Iterator[Consequence]:
    """What follows from an action that is performed now and has been checked."""
    yield from _excused(action, world, now)
    match action:
        case Enter() | Intrusion() | Herd() | Radiation():
            for visit in visits_of(action, world, now):
                one = _consequence(world, visit.device, visit.alarm, visit.starts, visit.ends, visit.excused)
                within_s = one.within_s + visit.slack_s
                ends = max(one.ends, one.starts + timedelta(seconds=within_s + _AFTERWARDS_S))
                yield one._replace(within_s=within_s, ends=ends)
        case WeatherTurn():
            yield from _of_weather(action, world, now)
        case CameraCover() | CameraTurn() | CameraBlack() | CameraBlur():
            yield from _of_picture(action, world, now)
        case _:
            lasts_s = getattr(action, "duration_s", 0.0)
            for due in _due(action, world):
                if lasts_s > due.after_s + _delay_s(world, due.device, due.alarm):
                    starts = now + timedelta(seconds=due.after_s)
                    one = _consequence(world, due.device, due.alarm, starts, now + timedelta(seconds=lasts_s))
                    yield one._replace(within_s=one.within_s + due.slack_s)


def _excused(action: Action, world: World, now: datetime) -> Iterator[Consequence]:
    """Alarms that may come though nobody is needed for them."""
    ends = now + timedelta(seconds=getattr(action, "duration_s", 0.0))
    match action:
        case ValueStuck() | ValueImpossible() | ValueDrift():
            for alarm in alarms_of(world.site, action.device):
                yield _consequence(world, action.device, alarm, now, ends, "the sensor lies")
        case LinkHalfOpen():
            for device in world.site.devices:
                if device.dialect is Dialect.NATIVE:
                    yield _consequence(world, device.id, OFFLINE, now, ends, "the gateway cannot be heard")
        case LinkBrownOut():
            for silent in _browned_out(action, world):
                yield _consequence(world, silent, OFFLINE, now, ends, "the link comes and goes")
        case DoorOpen(ordered=True):
            cabinet = device_of(world.site, action.kind, action.device, action.site).id
            yield _consequence(world, cabinet, "door.door-open", now, ends, "work order")
        case FalseWill():
            yield _consequence(world, GATEWAY, OFFLINE, now, ends, "the broker was wrong")
        case _:
            return


def _browned_out(fault: LinkBrownOut, world: World) -> Iterator[str]:
    """Who may count as silent while the link comes and goes."""
    for silent, silence_s in _silences(world):
        if fault.down_s >= silence_s or (fault.breaks and silent == GATEWAY and fault.down_s >= OFFLINE_DELAY_S):
            yield silent
    if fault.down_s >= (OFFLINE_DELAY_S if fault.breaks else WILL_AFTER_S):
        yield from alone_of(world.site)


def _silences(world: World) -> Iterator[tuple[str, float]]:
    """How long the link may carry nothing until the gateway, or one of its devices, may count as silent."""
    yield GATEWAY, WILL_AFTER_S
    for device in world.site.devices:
        yield device.id, _silence_s(device) - device.period_s


def _silence_s(device: DeviceEntry) -> float:
    """After how long the hub misses it; edge nodes speak when something changes, some portals of vehicles alone."""
    match device.dialect:
        case Dialect.SPARKPLUG | Dialect.N42:
            return math.inf
        case Dialect.HOME_ASSISTANT:
            return expiry_s(device.period_s)
        case _:
            return max(KINDS[device.kind].silence_s, device.period_s * PERIODS_OF_SILENCE)


def _due(action: Action, world: World) -> Iterator[_Due]:
    site = world.site
    match action:
        case GnssJam():
            alarm = "offset.clock-off" if action.spoofed else "fix.no-fix"
            yield _Due(device_of(site, action.kind, action.device, site.id).id, alarm)
        case LinkHalfOpen():
            yield from (_Due(one, OFFLINE, WILL_AFTER_S) for one in (GATEWAY, *alone_of(site)))
        case DoorOpen(ordered=False) | Tamper() | BarrierStuck() | BarrierLeftOpen() | Overload() | FibreBreak():
            alarm, after_s = _CONTACTS[type(action)]
            yield _Due(device_of(site, action.kind, action.device, site.id).id, alarm, after_s)
        case DeviceSilence(device=str(device)):
            entry = next(one for one in site.devices if one.id == device)
            yield _Due(device, OFFLINE, max(0.0, _silence_s(entry) - entry.period_s), entry.period_s)
        case TrafficTurn(factor=0.0):
            yield from (
                _Due(one.id, "lanes_open.all-shut", 0.0, one.period_s) for one in site.devices if one.kind == _QUEUE
            )
        case MainsFail():
            yield from (_Due(device.id, "source.on-battery") for device in site.devices if device.kind == "ups")
        case LinkCut() | LinkBreak():
            yield from (_Due(one, OFFLINE) for one in (GATEWAY, *alone_of(site)))
        case _:
            return


_CONTACTS: dict[type[DoorOpen | Tamper | BarrierStuck | BarrierLeftOpen | Overload | FibreBreak], tuple[str, float]] = {
    DoorOpen: ("door.door-open", 0.0),
    Tamper: ("tamper.tamper", 0.0),
    BarrierStuck: ("position.fault", 0.0),
    BarrierLeftOpen: ("open_time.left-open", _LEFT_OPEN_S),
    Overload: ("overload.overload", 0.0),
    FibreBreak: ("fibre_broken.fibre-broken", 0.0),
}


def _of_weather(turn: WeatherTurn, world: World, now: datetime) -> Iterator[Consequence]:
    """What the stations say is due when it has come about; what fences make of a storm is a nuisance."""
    ends, full = now + timedelta(seconds=turn.duration_s), now + timedelta(seconds=turn.over_s)
    gust_mps = turn.gust_mps if turn.gust_mps is not None else 1.5 * (turn.wind_mps or 0.0)
    storm = turn.hail or gust_mps >= STORM_GUST_MPS or (turn.rain_mmph or 0.0) >= STORM_RAIN_MMPH
    lasts_s = turn.duration_s - 2 * turn.over_s
    for device in world.site.devices:
        if device.kind == "fence" and storm:
            yield _consequence(world, device.id, "climb.climbing", now, ends, "storm")
        if device.kind == "das" and storm:
            yield _consequence(world, device.id, "class.steps", now, ends, "storm")
        if world.path is Path.VSAT and turn.rain_mmph:
            yield from _of_rain(turn.rain_mmph, turn, device, world, now)
        if device.kind == "weather":
            if gust_mps > _bound(device.kind, _STORM) and lasts_s > 0:
                yield _consequence(world, device.id, _STORM, now, ends)._replace(
                    within_s=turn.over_s + device.period_s + SLACK_S
                )
            clear_m = math.inf if turn.visibility_m is None else turn.visibility_m
            if clear_m < _bound(device.kind, _FOG) and lasts_s > _delay_s(world, device.id, _FOG):
                yield _consequence(world, device.id, _FOG, full, ends)


def _of_rain(
    rain_mmph: float, turn: WeatherTurn, device: DeviceEntry, world: World, now: datetime
) -> Iterator[Consequence]:
    """What rain makes of a link over a satellite: due when it is well beyond a limit, a nuisance when it is near it."""
    match device.kind:
        case "vsat":
            alarm, bound, left_db = _FADING, _bound(device.kind, _FADING), c_n_db(rain_mmph)
            beyond, near = left_db < bound - 0.7, left_db < bound + 1.5
        case "link":
            alarm, bound, lost_percent = _LOSSY, _bound(device.kind, _LOSSY), 100 * by_satellite(rain_mmph).loss
            beyond, near = lost_percent > bound + 2, lost_percent > bound - 2
        case _:
            return
    one = _consequence(world, device.id, alarm, now, now + timedelta(seconds=turn.duration_s))
    if beyond and turn.duration_s - 2 * turn.over_s > _delay_s(world, device.id, alarm):
        yield one._replace(within_s=one.within_s + turn.over_s + device.period_s)
    elif near:
        yield one._replace(excused="rain")


def _of_picture(
    action: CameraCover | CameraTurn | CameraBlack | CameraBlur, world: World, now: datetime
) -> Iterator[Consequence]:
    """What a camera says of its own picture: tampering is due at once, what lasts a while may come."""
    dialect = next(camera.dialect for camera in world.site.cameras if camera.id == action.camera)
    ends = now + timedelta(seconds=_PICTURE_S)
    due, perhaps = _SELF_TOLD[type(action)]
    if dialect is Dialect.ONVIF_EVENTS:
        for alarm in due:
            yield _consequence(world, action.camera, alarm, now, ends)
        for alarm in perhaps:
            yield _consequence(world, action.camera, alarm, now, ends, "when it lasts")


_PICTURE_S = 3_600.0
_SELF_TOLD: dict[type[CameraCover | CameraTurn | CameraBlack | CameraBlur], tuple[tuple[str, ...], tuple[str, ...]]] = {
    CameraCover: ((TAMPER,), (TOO_DARK,)),
    CameraTurn: ((TAMPER, SCENE_CHANGE), ()),
    CameraBlack: ((), (TOO_DARK,)),
    CameraBlur: ((), (TOO_BLURRY,)),
}


def _bound(kind: str, alarm: str) -> float:
    """The level of a default limit, in the metric's unit."""
    limits = ((f"{metric.name}.{limit.id}", limit.bound) for metric in KINDS[kind].metrics for limit in metric.limits)
    return next(float(bound) for name, bound in limits if name == alarm)


def _delay_s(world: World, device: str, alarm: str) -> float:
    return OFFLINE_DELAY_S if alarm == OFFLINE else alarms_of(world.site, device)[alarm]


def _consequence(
    world: World, device: str, alarm: str, starts: datetime, ends: datetime, excused: str | None = None
) -> Consequence:
    within_s = _delay_s(world, device, alarm) + SLACK_S
    last = max(ends, starts + timedelta(seconds=within_s)) + timedelta(seconds=_AFTERWARDS_S)
    return Consequence(device, alarm, starts, last, within_s, excused)
