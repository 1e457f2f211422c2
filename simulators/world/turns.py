"""Weather and traffic as a scenario turns them, on top of what they would be."""

from collections.abc import Iterable
from datetime import datetime

from simulators.faults.spans import Span
from simulators.scenario.nature_actions import TrafficTurn, WeatherTurn
from simulators.world.weather import Weather

_GUSTS = 1.5
"""Gusts where only the wind is given."""
_HAIL_SHARE = 0.5


def turned_weather(weather: Weather, turns: Iterable[Span[WeatherTurn]], now: datetime) -> Weather:
    """The weather with the turns in force; the newest has the last word on what it gives."""
    for span in turns:
        weather = _turned(weather, span.fault, _share(span, now))
    return weather


def turned_traffic(per_hour: float, turns: Iterable[Span[TrafficTurn]]) -> float:
    """The traffic with the turns in force; they multiply."""
    for span in turns:
        per_hour *= span.fault.factor
    return per_hour


def _share(span: Span[WeatherTurn], now: datetime) -> float:
    """How much of a turn has come about, 0 to 1."""
    over_s = span.fault.over_s
    if not over_s:
        return 1.0
    edge_s = min((now - span.starts).total_seconds(), (span.ends - now).total_seconds())
    return min(1.0, edge_s / over_s)


def _turned(weather: Weather, turn: WeatherTurn, share: float) -> Weather:
    gust_mps = turn.gust_mps
    if gust_mps is None and turn.wind_mps is not None:
        gust_mps = turn.wind_mps * _GUSTS

    def between(usual: float, told: float | None, digits: int = 1) -> float:
        return usual if told is None else round(usual + (told - usual) * share, digits)

    return weather._replace(
        temperature_c=between(weather.temperature_c, turn.temperature_c),
        humidity_percent=between(weather.humidity_percent, turn.humidity_percent),
        wind_mps=between(weather.wind_mps, turn.wind_mps),
        gust_mps=between(weather.gust_mps, gust_mps),
        rain_mmph=between(weather.rain_mmph, turn.rain_mmph),
        snow_mmph=between(weather.snow_mmph, turn.snow_mmph),
        visibility_m=between(weather.visibility_m, turn.visibility_m, 0),
        hail=weather.hail or (turn.hail and share >= _HAIL_SHARE),
    )
