"""What each panel says now, from the plan and the board. Pure."""

from typing import Final

from sensors.model import Language, Names
from videowall.board import BoardAlarm, BoardSite, SiteCondition
from videowall.captions import strings
from videowall.captions.face import Mark, Moment, value_texts
from videowall.captions.panels.face import (
    AlarmRow,
    AlarmsFace,
    CalmFace,
    ClockFace,
    MapFace,
    MapPoint,
    MessageFace,
    PanelFace,
    QuietFace,
    SiteRow,
    SitesFace,
)
from videowall.plan import Panel, PanelKind, Plan

_GRAVITY: Final = (SiteCondition.ALARM, SiteCondition.UNREACHABLE, SiteCondition.DEGRADED, SiteCondition.NORMAL)
"""What is shown first where there is not room for all sites."""
_POLE: Final = 90.0


def make_panel(panel: Panel, moment: Moment, notice: str, marks: tuple[Mark, ...]) -> PanelFace:
    """The face of a panel; `notice` says why the board cannot be relied on, if so."""
    match panel.kind:
        case PanelKind.ALARMS:
            return _alarms(moment, notice, marks)
        case PanelKind.SITES:
            return _sites(moment, notice, marks)
        case PanelKind.MAP:
            return _map(moment, notice, marks)
        case PanelKind.CLOCK:
            local = moment.now.astimezone(moment.zone)
            day = strings.WEEKDAYS[local.weekday()].in_language(moment.language)
            return ClockFace(local.strftime("%H:%M:%S"), f"{day}, {local:%d.%m.%Y}", marks)
        case PanelKind.MESSAGE:
            return MessageFace(panel.text.in_language(moment.language), marks)


def make_calm(plan: Plan, moment: Moment, notice: str, live: tuple[int, int], marks: tuple[Mark, ...]) -> CalmFace:
    """The quiet spot; `live`: how many cameras are, of how many. Calm is said only where it is known."""
    local, language = moment.now.astimezone(moment.zone), moment.language
    alarms = moment.attention.board.alarms_total if moment.fresh else 0
    calm = _word(strings.NO_ALARMS, language) if not alarms else f"{_word(strings.ALARMS, language)}: {alarms}"
    return CalmFace(
        title=plan.title.in_language(language) or plan.wall,
        clock=local.strftime("%H:%M:%S"),
        date=local.strftime("%d.%m.%Y"),
        calm="" if notice else calm,
        count=_word(strings.CAMERAS_LIVE, language).format(*live),
        notice=notice,
        marks=marks,
    )


def make_quiet(moment: Moment, notice: str, live: tuple[int, int], marks: tuple[Mark, ...]) -> QuietFace:
    """The face of a wall that is dark."""
    clock = moment.now.astimezone(moment.zone).strftime("%H:%M")
    return QuietFace(clock, _word(strings.CAMERAS_LIVE, moment.language).format(*live), notice, marks)


def board_notice(moment: Moment, age_s: float | None) -> str:
    """Why the board cannot be relied on; empty when it can."""
    if moment.fresh:
        return ""
    if age_s is None:
        return _word(strings.NO_BOARD, moment.language)
    return _word(strings.STALE, moment.language).format(strings.age(age_s, moment.language))


def _alarms(moment: Moment, notice: str, marks: tuple[Mark, ...]) -> AlarmsFace:
    board, language = moment.attention.board, moment.language
    left_out = board.alarms_total - len(board.alarms)
    return AlarmsFace(
        title=_word(strings.ALARMS, language),
        rows=tuple(_alarm_row(alarm, moment) for alarm in board.alarms),
        total=max(board.alarms_total, len(board.alarms)),
        more=_word(strings.MORE, language),
        notice=notice,
        calm="" if notice or board.alarms or left_out > 0 else _word(strings.NO_ALARMS, language),
        marks=marks,
    )


def _alarm_row(alarm: BoardAlarm, moment: Moment) -> AlarmRow:
    language = moment.language
    age = strings.age((moment.now - alarm.raised_at).total_seconds(), language)
    parts = (
        alarm.site_names.in_language(language) or alarm.key.site,
        moment.clock(alarm.raised_at),
        age,
        _word(strings.ACKNOWLEDGED, language) if alarm.acknowledged else "",
    )
    note = " · ".join(part for part in parts if part)
    return AlarmRow(alarm.priority, alarm.acknowledged, alarm.message.in_language(language), note)


def _sites(moment: Moment, notice: str, marks: tuple[Mark, ...]) -> SitesFace:
    sites = sorted(moment.attention.board.sites, key=lambda site: _GRAVITY.index(site.condition))
    rows = tuple(_site_row(site, moment) for site in sites)
    language = moment.language
    return SitesFace(_word(strings.SITES, language), rows, _word(strings.MORE, language), notice, marks)


def _site_row(site: BoardSite, moment: Moment) -> SiteRow:
    return SiteRow(
        name=site.names.in_language(moment.language) or site.site,
        condition=site.condition,
        word=strings.CONDITIONS[site.condition].in_language(moment.language),
        cameras=f"{site.cameras_live}/{site.cameras}" if site.cameras else "",
        values=value_texts(site.values) if moment.fresh else (),
    )


def _map(moment: Moment, notice: str, marks: tuple[Mark, ...]) -> MapFace:
    language = moment.language
    points: list[MapPoint] = []
    unplaced: list[SiteRow] = []
    for site in moment.attention.board.sites:
        if (
            site.latitude is None
            or site.longitude is None
            or not (abs(site.latitude) <= _POLE and abs(site.longitude) <= 2 * _POLE)
        ):
            unplaced.append(_site_row(site, moment))
        else:
            name = site.names.in_language(language) or site.site
            points.append(MapPoint(name, site.condition, site.longitude, site.latitude))
    return MapFace(
        language=language,
        title=_word(strings.MAP, language),
        points=tuple(points),
        heading=_word(strings.UNPLACED, language),
        unplaced=tuple(unplaced),
        source=_word(strings.COARSE, language),
        notice=notice,
        marks=marks,
    )


def _word(names: Names, language: Language) -> str:
    return names.in_language(language)
