"""Alarms: what needs a human, and who has seen it."""

from hub.api.discretion import alarms_for_trainees, is_told_all
from hub.api.route import Call, Nothing, Route
from hub.protocol import API, AlarmView, Note
from sensors.access import Action


async def list_alarms(call: Call[Nothing, Nothing]) -> tuple[AlarmView, ...]:
    """List every occurrence that is not normal, most urgent first."""
    alarms = await call.parts.hub.alarms()
    return alarms if is_told_all(call.who, exercise=call.parts.settings.exercise) else alarms_for_trainees(alarms)


async def acknowledge_alarm(call: Call[Note, Nothing]) -> AlarmView:
    """Acknowledge one occurrence; a newer one of the same alarm is not touched."""
    occurrence = call.request.path_params["occurrence"]
    return await call.parts.hub.acknowledge(occurrence, call.who.name, call.body.text)


ROUTES = (
    Route("GET", f"{API}/alarms", Action.READ_STATE, list_alarms),
    Route("POST", f"{API}/alarms/{{occurrence}}/acknowledge", Action.ACKNOWLEDGE_ALARM, acknowledge_alarm),
)
