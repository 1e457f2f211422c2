"""What an entity can be told to do: only payloads it declared itself, and numbers within its own bounds."""

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

import msgspec

from sensors.dialects.hass.config import Config, Scalar, text_of, trusted_topic
from sensors.dialects.hass.templates import MISSING, PLAIN, Fault, Spoken, Template, Unfit, compile_template
from sensors.dialects.numerals import number_of
from sensors.model import Value

PRESS = "press"


class Command(NamedTuple):
    """One thing that can be set. `wording` turns a value into the payload, and raises Unfit with the reason."""

    suffix: str
    topic: str
    template: Template | None
    wording: Callable[[Value], str]

    def payload(self, value: Value) -> bytes | str:
        """What to publish, or why this value cannot be said."""
        if self.template is None:
            return "its command template is not supported"
        try:
            said = self.template.apply(Spoken(self.wording(value)))
        except Unfit as error:
            return str(error)
        if isinstance(said, Fault):
            return said.reason
        return "its command template gives nothing" if said is MISSING else text_of(said).encode()


def commands_of(platform: str, config: Config) -> tuple[Command, ...]:
    """Everything an entity of this platform takes; nothing where it names no topic for it, or a forbidden one."""
    wording = _wording(platform, config)
    found = [
        _command("", config.command_topic, config.command_template, wording),
        _command("position", config.set_position_topic, config.set_position_template, _position(config))
        if platform in ("cover", "valve")
        else None,
    ]
    return tuple(command for command in found if command is not None)


def limits_of(config: Config) -> tuple[float, float]:
    """Bounds of a number entity; Home Assistant's own are 1 and 100."""
    return (1.0 if config.min is None else config.min), (100.0 if config.max is None else config.max)


def _command(
    suffix: str, topic: str | None, template: str | None, wording: Callable[[Value], str] | None
) -> Command | None:
    if wording is None or topic is None or trusted_topic(topic) is not None:
        return None
    return Command(suffix, topic, compile_template(template) if template else PLAIN, wording)


def _wording(platform: str, config: Config) -> Callable[[Value], str] | None:  # noqa: PLR0911 - one for each platform
    match platform:
        case "button":
            return _chosen({PRESS: config.payload_press})
        case "cover" | "valve":
            return _chosen({"open": config.payload_open, "close": config.payload_close, "stop": config.payload_stop})
        case "lock":
            return _chosen({"lock": config.payload_lock, "unlock": config.payload_unlock})
        case "number":
            return _number_within(*limits_of(config), config.step)
        case "select":
            return _chosen({text_of(option): option for option in config.options})
        case "siren":
            return _state_json(config)
        case "light" if config.schema == "json":
            return _state_json(config)
        case "switch":
            return _switched(config.payload_on, config.payload_off)
        case "light" if config.schema in (None, "basic", "default"):
            return _switched(config.payload_on, config.payload_off)
    return None


def _switched(on: Scalar, off: Scalar) -> Callable[[Value], str]:
    def word(value: Value) -> str:
        if not isinstance(value, bool):
            raise Unfit("takes true or false")
        return text_of(on if value else off)

    return word


def _state_json(config: Config) -> Callable[[Value], str]:
    word = _switched(config.payload_on, config.payload_off)
    return lambda value: msgspec.json.encode({"state": word(value)}).decode()


def _chosen(payloads: dict[str, Scalar]) -> Callable[[Value], str]:
    """None as a payload means that the entity cannot do it."""
    offered = {word: payload for word, payload in payloads.items() if payload is not None}

    def word(value: Value) -> str:
        if not isinstance(value, str) or value not in offered:
            raise Unfit(f"takes one of {', '.join(sorted(offered))}")
        return text_of(offered[value])

    return word


def _number_within(low: float, high: float, step: float) -> Callable[[Value], str]:
    def word(value: Value) -> str:
        number = number_of(value) if not isinstance(value, str) else None
        if number is None or not low <= number <= high:
            raise Unfit(f"takes a number from {low:g} to {high:g}")
        steps = (number - low) / step if step > 0 else 0.0
        if not isfinite(steps) or abs(steps - round(steps)) > 1e-6:
            raise Unfit(f"takes steps of {step:g} from {low:g}")
        return text_of(int(number) if float(number).is_integer() else number)

    return word


def _position(config: Config) -> Callable[[Value], str]:
    """Per cent open, in the entity's own scale."""

    def word(value: Value) -> str:
        share = number_of(value) if not isinstance(value, str) else None
        if share is None or not 0 <= share <= 100:
            raise Unfit("takes per cent open, from 0 to 100")
        position = config.position_closed + (config.position_open - config.position_closed) * share / 100
        if not isfinite(position):
            raise Unfit("is on a scale without an end")
        return text_of(round(position))

    return word
