"""Whether what a scenario says fits together: unique ids, known kinds, and actions for what is there."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from sensors.catalog import CAMERA_HEALTH, GATEWAY
from sensors.errors import ConfigError
from sensors.model import Metric
from sensors.topics import RESERVED
from simulators.faults.values import measured
from simulators.foreign.vocabulary import ALARMS
from simulators.kinds import KINDS
from simulators.scenario.actions import (
    Action,
    ContactAction,
    DeviceResume,
    DeviceSilence,
    Herd,
    Intrusion,
    Radiation,
)
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.expectation import Expectation
from simulators.scenario.form import DeviceEntry, Site
from simulators.scenario.nature_actions import Enter
from simulators.scenario.telemetry_actions import TelemetryAction, ValueDrift, ValueImpossible, ValueStuck
from simulators.truth import EARLIEST, MAX_AMONG

OFFLINE, OFFLINE_DELAY_S = "liveness.offline", 3.0
"""The hub's own alarm of every device that says nothing although it should (hub/alarms/liveness.py)."""


FIRST_START, LAST_START = EARLIEST, datetime(2090, 1, 1, tzinfo=UTC)
"""Whoever is slow and goes far is there before the end of all times that a truth may hold."""


def check_start(starts: datetime | None, subject: str) -> None:
    """Whether a scenario begins at a time that can be reckoned with.

    Raises:
        ConfigError: it does not.
    """
    if starts is not None and not FIRST_START <= starts < LAST_START:
        raise ConfigError(
            f"starts is not between {FIRST_START.year} and {LAST_START.year}",
            subject=subject,
            mend=f"Choose a time from {FIRST_START:%Y-%m-%d} on and before {LAST_START:%Y-%m-%d}",
        )


def check_action(action: Action, site: Site | None, subject: str) -> None:
    """Whether an action names what its post has.

    Raises:
        ConfigError: it does not.
    """
    if site is None:
        raise ConfigError(f"no site {action.site}", subject=subject, mend="Name a site of the scenario")
    match action:
        case _ if isinstance(action, CameraAction):
            if action.camera not in {camera.id for camera in site.cameras}:
                raise ConfigError(f"no camera {action.camera}", subject=subject, mend=f"{site.id} has other cameras")
        case DeviceSilence() | DeviceResume():
            if action.device not in {device.id for device in site.devices}:
                raise ConfigError(f"no device {action.device}", subject=subject, mend="Name a device of the site")
        case Enter():
            _check_way(action, site, subject)
        case _ if isinstance(action, TelemetryAction):
            _check_spoken(action, site, subject)
        case Intrusion():
            device_of(site, action.kind, action.device, subject)
            device_of(site, "fence", action.fence, subject)
        case _ if isinstance(action, Herd | Radiation | ContactAction):
            device_of(site, action.kind, action.device, subject)
        case _:
            return


def _check_way(enter: Enter, site: Site, subject: str) -> None:
    if (enter.path is None) == (enter.past is None):
        raise ConfigError(
            "enter needs either path or past", subject=subject, mend="Give path = [[x, y], ...], or past = a device"
        )
    if enter.past is not None and enter.past not in {device.id for device in site.devices}:
        raise ConfigError(f"no device {enter.past}", subject=subject, mend="Name a device of the site")


def _check_spoken(action: TelemetryAction, site: Site, subject: str) -> None:
    kinds = {device.id: device.kind for device in site.devices} | {GATEWAY: GATEWAY}
    if action.device is None:
        return
    if action.device not in kinds:
        raise ConfigError(f"no device {action.device}", subject=subject, mend="Name a device of the site")
    metrics = KINDS[kinds[action.device]].metrics
    match action:
        case ValueStuck(metric=str(metric)):
            if metric not in {known.name for known in metrics}:
                raise ConfigError(f"{action.device} measures no {metric}", subject=subject, mend=_names(metrics))
        case ValueImpossible(metric=metric) | ValueDrift(metric=metric):
            if measured(metrics, metric) is None:
                told = metric or "number with a range"
                raise ConfigError(f"{action.device} measures no {told}", subject=subject, mend=_names(metrics))
        case _:
            return


def _names(metrics: Iterable[Metric]) -> str:
    return f"It measures {', '.join(metric.name for metric in metrics)}"


def check_expectation(expectation: Expectation, step: Action | None, site: Site | None, subject: str) -> None:
    """Whether an expectation speaks of a step, and of an alarm that there can be.

    Raises:
        ConfigError: it does not.
    """
    if step is None or site is None:
        raise ConfigError(f"no step {expectation.of}", subject=subject, mend="Give the step that is meant this id")
    if expectation.never and expectation.excused is not None:
        raise ConfigError("both never and excused", subject=subject, mend="Choose one of them")
    alarms = alarms_of(site, expectation.device)
    if not alarms:
        raise ConfigError(f"no device {expectation.device}", subject=subject, mend=f"{site.id} has others")
    if expectation.alarm not in alarms:
        raise ConfigError(
            f"{expectation.device} has no alarm {expectation.alarm}",
            subject=subject,
            mend=f"It has {', '.join(sorted(alarms))}",
        )


def alarms_of(site: Site, id_: str) -> dict[str, float]:
    """All alarms, `metric.limit`, that a device or camera of a site may raise, each with its delay in seconds.

    There are none for what is not there.
    """
    kinds = {device.id: device.kind for device in site.devices} | {GATEWAY: GATEWAY}
    events: dict[str, float] = {}
    camera = next((each for each in site.cameras if each.id == id_), None)
    if camera is not None:
        metrics: tuple[Metric, ...] = CAMERA_HEALTH
        events = ALARMS.get(camera.dialect, {})
    elif id_ in kinds:
        metrics = KINDS[kinds[id_]].metrics
    else:
        return {}
    own = {f"{metric.name}.{limit.id}": limit.on_delay_s for metric in metrics for limit in metric.limits}
    return own | events | {OFFLINE: OFFLINE_DELAY_S}


def device_of(site: Site, kind: str, named: str | None, subject: str) -> DeviceEntry:
    """The named device of a kind, or the first of that kind.

    Raises:
        ConfigError: the site has none.
    """
    for device in site.devices:
        if device.kind == kind and named in (None, device.id):
            return device
    raise ConfigError(f"no {kind} {named or 'at all'}", subject=subject, mend=f"Give {site.id} one, or name another")


def check_site(site: Site, subject: str) -> None:
    """Whether a site, with its equipment in place, is sound.

    Raises:
        ConfigError: what is wrong.
    """
    if site.id in RESERVED:
        raise ConfigError(f"the site id {site.id} belongs to no post", subject=subject, mend="Choose another id")
    for what, number in (("devices", len(site.devices)), ("cameras", len(site.cameras))):
        if number > MAX_AMONG:
            raise ConfigError(
                f"{number} {what}, more than {MAX_AMONG}", subject=subject, mend="Divide them among several sites"
            )
    devices = {device.id for device in site.devices}
    require_unique((GATEWAY, *devices, *(camera.id for camera in site.cameras)), "cameras and devices", subject)
    require_unique((device.id for device in site.devices), "devices", subject)
    for device in site.devices:
        if device.kind not in KINDS or device.kind == GATEWAY:
            known = ", ".join(sorted(KINDS.keys() - {GATEWAY}))
            raise ConfigError(f"no kind {device.kind} ({device.id})", subject=subject, mend=f"Kinds are {known}")
    for device in site.devices:
        if device.to is not None and device.at is None:
            raise ConfigError(f"{device.id} has to but no at", subject=subject, mend="Say where its line begins")
    for camera in site.cameras:
        if missing := set(camera.covers) - devices:
            raise ConfigError(
                f"{camera.id} covers {', '.join(sorted(missing))}, which is not there",
                subject=subject,
                mend="Name devices of the same site",
            )


def require_unique(ids: Iterable[str], what: str, subject: str) -> None:
    """Refuse ids that occur twice.

    Raises:
        ConfigError: which ones.
    """
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise ConfigError(f"{what} share the id {', '.join(twice)}", subject=subject, mend="Give each its own id")
