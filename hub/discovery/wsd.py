"""WS-Discovery messages of ONVIF devices as bytes, without I/O (OASIS WS-Discovery 1.1 and the draft that ONVIF uses).

Everything is read by namespace and local name, never by prefix: each maker has prefixes of his own. `parse` never
raises; what it returns is bounded, and every word of it is a stranger's.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring
from msgspec import Struct

from sensors.identity import identity_mark

MAX_DATAGRAM_BYTES = 16_384
MAX_MATCHES = 16
"""Devices in one message; more come from a discovery proxy, which ONVIF does not have."""
MAX_ADDRESSES = 8
MAX_SCOPES = 64
_WORD_LETTERS = 64
_URL_LETTERS = 200
CAMERA_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
DEVICE_TYPE = ("http://www.onvif.org/ver10/device/wsdl", "Device")

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = ("http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://www.w3.org/2005/08/addressing")
_DISCOVERY = (
    "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
)
_SCOPE = "onvif://www.onvif.org/"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Endpoint(Struct, frozen=True):
    """A device as it describes itself. `urn` is its identity for good; `addresses` are URLs of its device service."""

    urn: str
    name: str = ""
    hardware: str = ""
    mac: str = ""
    addresses: tuple[str, ...] = ()


class Answered(Struct, frozen=True):
    """Devices that answer the probe whose message id is `relates_to`."""

    relates_to: str
    endpoints: tuple[Endpoint, ...]


class Greeted(Struct, frozen=True):
    """A device that has come, unasked."""

    endpoint: Endpoint


class Left(Struct, frozen=True):
    """A device that says it goes. Anybody can say that."""

    urn: str


Heard = Answered | Greeted | Left


def encode_probe(message_id: str, type_: tuple[str, str] = CAMERA_TYPE) -> bytes:
    """A probe for one type of device. `message_id` is a URI that no other message has."""
    namespace, name = type_
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING[0]}" xmlns:d="{_DISCOVERY[0]}" xmlns:t="{namespace}">'
        f"<s:Header><a:MessageID>{escape(message_id)}</a:MessageID>"
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'<a:Action s:mustUnderstand="1">{_DISCOVERY[0]}/Probe</a:Action></s:Header>'
        f"<s:Body><d:Probe><d:Types>t:{name}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def parse(datagram: bytes) -> Heard | None:
    """What a datagram says; None for probes of others, for other kinds of devices, and for what is no such message."""
    if len(datagram) > MAX_DATAGRAM_BYTES:
        return None
    try:
        envelope = fromstring(datagram, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return None
    for body in _children(envelope, (_SOAP,), "Body"):
        for said in body:
            return _heard(envelope, said)
    return None


def _heard(envelope: Element, said: Element) -> Heard | None:
    match _name(said, _DISCOVERY):
        case "ProbeMatches":
            matches = list(_children(said, _DISCOVERY, "ProbeMatch"))[:MAX_MATCHES]
            endpoints = tuple(endpoint for match in matches if (endpoint := _endpoint(match)) is not None)
            headers = _children(envelope, (_SOAP,), "Header")
            relates_to = next((_text(header, _ADDRESSING, "RelatesTo") for header in headers), "")
            return Answered(relates_to, endpoints) if endpoints else None
        case "Hello":
            endpoint = _endpoint(said)
            return Greeted(endpoint) if endpoint is not None else None
        case "Bye":
            return Left(urn) if (urn := _urn(said)) else None
    return None


def _endpoint(element: Element) -> Endpoint | None:
    """A camera, or None: printers and computers speak WS-Discovery too."""
    urn = _urn(element)
    types = {word.rpartition(":")[2] for word in _text(element, _DISCOVERY, "Types").split()[:MAX_SCOPES]}
    scopes = _text(element, _DISCOVERY, "Scopes").split()[:MAX_SCOPES]
    own = [scope[len(_SCOPE) :] for scope in scopes if scope.lower().startswith(_SCOPE)]
    if not urn or (CAMERA_TYPE[1] not in types and not own):
        return None
    mac = identity_mark(_scope(own, "mac"))
    addresses = [url for url in _text(element, _DISCOVERY, "XAddrs").split() if len(url) <= _URL_LETTERS]
    return Endpoint(
        urn=urn,
        name=_scope(own, "name"),
        hardware=_scope(own, "hardware"),
        mac=mac if mac.startswith("mac:") else "",
        addresses=tuple(addresses[:MAX_ADDRESSES]),
    )


def _urn(element: Element) -> str:
    """The endpoint's address, in one spelling; empty when it holds no UUID, which is what makes it an identity."""
    reference = next(_children(element, _ADDRESSING, "EndpointReference"), None)
    found = _UUID.search(_text(reference, _ADDRESSING, "Address").lower()) if reference is not None else None
    return identity_mark(found[0]) if found else ""


def _scope(scopes: list[str], category: str) -> str:
    """The first value of a category, decoded and printable."""
    for scope in scopes:
        name, _, value = scope.partition("/")
        if name.lower() == category and value:
            text = unquote(value[: _WORD_LETTERS * 9], errors="replace")
            return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:_WORD_LETTERS]
    return ""


def _text(element: Element, namespaces: tuple[str, ...], name: str) -> str:
    child = next(_children(element, namespaces, name), None)
    return (child.text or "").strip() if child is not None else ""


def _children(element: Element, namespaces: tuple[str, ...], name: str) -> Iterator[Element]:
    return (child for child in element if _name(child, namespaces) == name)


def _name(element: Element, namespaces: tuple[str, ...]) -> str:
    """The element's local name, or nothing when it is of another namespace."""
    namespace, _, name = element.tag.removeprefix("{").partition("}")
    return name if namespace in namespaces else ""
