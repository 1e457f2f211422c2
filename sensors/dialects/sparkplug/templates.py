"""Members of template instances as metrics of their own, called by the instance's name and theirs: `Pump 1/Flow`."""

from collections.abc import Callable, Iterable, Iterator

from sensors.dialects.sparkplug.declarations import MAX_NAME
from sensors.dialects.sparkplug.properties import inherit_quality, known_properties, said_quality
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.values import text_of

MAX_DEPTH = 4
"""Templates within templates; what lies deeper is counted in the innermost that is taken apart."""
MAX_MEMBERS = 8_192
"""Of one message."""
MAX_DEFINITIONS = 256


class Templates:
    """The definitions in an edge node's birth: what instances leave out of their members is said there."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, Payload.PropertySet]] = {}

    def learn(self, metrics: Iterable[Payload.Metric]) -> None:
        """Know the definitions of a birth, and no others any more."""
        self._members.clear()
        for metric in metrics:
            if metric.template_value.is_definition and len(self._members) < MAX_DEFINITIONS:
                self._members[text_of(metric.name)] = {
                    text_of(member.name): known
                    for member in metric.template_value.metrics
                    if (known := known_properties(member)).keys
                }

    def declared(self, metrics: Iterable[Payload.Metric]) -> list[Payload.Metric]:
        """The metrics of a birth, each instance followed by its members; these have units and ranges as defined."""
        return self.unfold(metrics, lambda metric: text_of(metric.name))

    def unfold(
        self, metrics: Iterable[Payload.Metric], called: Callable[[Payload.Metric], str]
    ) -> list[Payload.Metric]:
        """The metrics of a message, each instance followed by its members; `called` tells an instance's name."""
        left = MAX_MEMBERS
        unfolded: list[Payload.Metric] = []
        for metric in metrics:
            unfolded.append(metric)
            if metric.HasField("template_value"):
                for member in self._members_of(metric, called(metric), MAX_DEPTH):
                    if not left:
                        break
                    left -= 1
                    unfolded.append(member)
        return unfolded

    def _members_of(self, instance: Payload.Metric, name: str, depth: int) -> Iterator[Payload.Metric]:
        template = instance.template_value
        # Every member has the name within its own: of a long one, a small message would make many.
        if template.is_definition or instance.is_null or not depth or len(name) > MAX_NAME:
            return
        quality = said_quality(instance)
        defined = self._members.get(text_of(template.template_ref), {})
        for each in template.metrics:
            member = Payload.Metric()
            member.CopyFrom(each)
            own = text_of(each.name)
            if own:
                member.name = f"{name}/{own}"
            if own in defined and not each.HasField("properties"):
                member.properties.CopyFrom(defined[own])
            _inherit(member, instance, quality)
            yield member
            if member.HasField("template_value"):
                yield from self._members_of(member, text_of(member.name), depth - 1)


def _inherit(member: Payload.Metric, instance: Payload.Metric, quality: float | None) -> None:
    """What is said of a whole instance holds for a member that says nothing else."""
    if not member.HasField("timestamp") and instance.HasField("timestamp"):
        member.timestamp = instance.timestamp
    if instance.is_historical:
        member.is_historical = True
    if instance.is_transient:
        member.is_transient = True
    if quality is not None:
        inherit_quality(member, quality)
