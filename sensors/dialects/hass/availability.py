"""Whether an entity is there, by the topics it names for that."""

from typing import NamedTuple

from sensors.dialects.hass.config import Available, Config, text_of, trusted_topic
from sensors.dialects.hass.templates import MISSING, PLAIN, Fault, Spoken, Template, compile_template


class Witness(NamedTuple):
    """One topic, and what it has to say."""

    topic: str
    template: Template
    available: str
    not_available: str

    def judge(self, spoken: Spoken) -> bool | str | None:
        """True for there, False for not there, None for neither said; or why it could not be read."""
        said = self.template.apply(spoken)
        if isinstance(said, Fault):
            return said.reason
        if said is MISSING:
            return None
        text = text_of(said)
        if text == self.available:
            return True
        return False if text == self.not_available else None


class Availability(NamedTuple):
    """All witnesses of an entity, and how they are weighed: all, any, latest. The same for most of a device."""

    mode: str
    witnesses: tuple[Witness, ...]

    def weigh(self, heard: dict[str, bool], latest: bool | None) -> bool | None:  # noqa: FBT001 - what was said last
        """Whether the entity is there, as far as that is known; `heard` by topic."""
        if self.mode == "latest":
            return latest
        said = [heard.get(witness.topic) for witness in self.witnesses]
        decisive = self.mode == "any"
        if decisive in said:
            return decisive
        return None if None in said else not decisive


def availability_of(config: Config) -> Availability | str | None:
    """How an entity is known to be there; None when it says nothing of that; or why it cannot be read."""
    named = config.availability
    if config.availability_topic is not None:
        topic = Available(
            config.availability_topic,
            config.payload_available,
            config.payload_not_available,
            config.availability_template,
        )
        named = [*named, topic]
    witnesses: list[Witness] = []
    for each in named:
        if (wrong := trusted_topic(each.topic)) is not None:
            return f"availability topic {wrong}"
        template = compile_template(each.value_template) if each.value_template else PLAIN
        if template is None:
            return f"unsupported template {each.value_template}"
        texts = text_of(each.payload_available), text_of(each.payload_not_available)
        witnesses.append(Witness(each.topic, template, *texts))
    return Availability(config.availability_mode, tuple(witnesses)) if witnesses else None
