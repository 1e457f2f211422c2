"""Events of a camera as a foreign parser reads them: the one that Home Assistant's ONVIF integration is made of.

It wants messages as zeep hands them over, with their items in lists of names and values, so JSON is put into that form.
"""

import json
from types import SimpleNamespace
from typing import Any

import onvif_parsers

from sensors.dialects.dialect import Send


async def read_event(said: Send) -> Any:
    """The one entity that an event is about.

    Raises:
        onvif_parsers.errors.UnknownTopicError: it knows no such event.
    """
    event = said.topic.split("/onvif-ej/")[1].split("/&")[0]
    payload = json.loads(said.payload)
    message = SimpleNamespace(Source=_items(payload["Source"]), Data=_items(payload["Data"]))
    holder = SimpleNamespace(Topic=SimpleNamespace(_value_1=f"tns1:{event}"), Message=SimpleNamespace(_value_1=message))
    (entity,) = await onvif_parsers.parse(f"tns1:{event}", "camera", holder)
    return entity


def _items(members: dict[str, Any]) -> SimpleNamespace:
    """As XML has them: every value is a text."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in members.items()}
    return SimpleNamespace(SimpleItem=[SimpleNamespace(Name=name, Value=text) for name, text in texts.items()])
