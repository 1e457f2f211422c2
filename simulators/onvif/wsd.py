"""WS-Discovery as a device speaks it, without I/O: the draft that ONVIF uses, and the standard where it is asked so.

Names in content are read with the prefixes that the message declares, wherever it declares them.
"""

from typing import Final, NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from simulators.onvif.envelope import DEVICE, SOAP, local_name, read_document

MAX_DATAGRAM_BYTES: Final = 16_384
CAMERA_TYPES: Final = (("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"), (DEVICE, "Device"))
_MAX_WORDS, _WORD_LETTERS = 64, 256


class Dialect(NamedTuple):
    """The namespaces of one version of the protocol, and who is meant by everybody and by whoever asked."""

    discovery: str
    addressing: str
    everybody: str
    asker: str


_DRAFT_ADDRESSING, _ADDRESSING = (
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "http://www.w3.org/2005/08/addressing",
)
DRAFT: Final = Dialect(
    "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    _DRAFT_ADDRESSING,
    "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
    f"{_DRAFT_ADDRESSING}/role/anonymous",
)
STANDARD: Final = Dialect(
    "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01",
    _ADDRESSING,
    "urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01",
    f"{_ADDRESSING}/anonymous",
)


class Probe(NamedTuple):
    """Who is there, of all these types (namespace, name) and within all these scopes?"""

    dialect: Dialect
    message_id: str
    types: tuple[tuple[str, str], ...]
    scopes: tuple[str, ...]
    rule: str

    def finds(self, announced: "Announced") -> bool:
        """Whether a device is meant."""
        if not set(self.types) <= set(CAMERA_TYPES):
            return False
        return all(any(_is_within(own, scope, self.rule) for own in announced.scopes) for scope in self.scopes)


class Resolve(NamedTuple):
    """Where is the device of this identity?"""

    dialect: Dialect
    message_id: str
    urn: str

    def finds(self, announced: "Announced") -> bool:
        """Whether a device is meant."""
        return announced.urn == self.urn


class Announced(NamedTuple):
    """A device as it is announced; `address` is the URL of its device service."""

    urn: str
    scopes: tuple[str, ...]
    address: str


class Stamp(NamedTuple):
    """What makes a message one of its own: its id, when the sender was started, and which message of it this is."""

    message_id: str
    instance: int
    number: int


def read_question(datagram: bytes) -> Probe | Resolve | None:
    """What is asked; None for everything else that goes to the same group."""
    if len(datagram) > MAX_DATAGRAM_BYTES:
        return None
    document = read_document(datagram)
    if document is None or document.root.tag != f"{{{SOAP}}}Envelope":
        return None
    envelope, prefixes = document
    for dialect in (DRAFT, STANDARD):
        said = envelope.find(f"{{{SOAP}}}Body/{{{dialect.discovery}}}*")
        message_id = _text(envelope, f"{{{SOAP}}}Header/{{{dialect.addressing}}}MessageID")
        if said is not None and message_id:
            return _question(dialect, message_id, said, prefixes)
    return None


def write_answer(question: Probe | Resolve, announced: Announced, stamp: Stamp) -> bytes:
    """One device's answer to whoever asked."""
    what = "Probe" if isinstance(question, Probe) else "Resolve"
    dialect, element = question.dialect, f"{what}Match"
    body = f"<d:{element}es><d:{element}>{_words(announced)}</d:{element}></d:{element}es>"
    return _message(dialect, f"{element}es", dialect.asker, body, stamp, question.message_id)


def write_hello(announced: Announced, stamp: Stamp) -> bytes:
    """A device has come."""
    return _message(DRAFT, "Hello", DRAFT.everybody, f"<d:Hello>{_words(announced)}</d:Hello>", stamp)


def write_bye(announced: Announced, stamp: Stamp) -> bytes:
    """A device goes."""
    return _message(DRAFT, "Bye", DRAFT.everybody, f"<d:Bye>{_reference(announced)}</d:Bye>", stamp)


def _question(dialect: Dialect, message_id: str, said: Element, prefixes: dict[str, str]) -> Probe | Resolve | None:
    match local_name(said):
        case "Probe":
            words = _text(said, f"{{{dialect.discovery}}}Types").split()[:_MAX_WORDS]
            types = tuple(_name(word, prefixes) for word in words)
            scopes = said.find(f"{{{dialect.discovery}}}Scopes")
            wanted = () if scopes is None else tuple((scopes.text or "").split()[:_MAX_WORDS])
            rule = "" if scopes is None else scopes.get("MatchBy", "").rpartition("/")[2].lower()
            return Probe(dialect, message_id, types, wanted, rule)
        case "Resolve":
            place = f"{{{dialect.addressing}}}EndpointReference/{{{dialect.addressing}}}Address"
            return Resolve(dialect, message_id, _text(said, place).lower())
    return None


def _name(word: str, prefixes: dict[str, str]) -> tuple[str, str]:
    prefix, _, name = word.rpartition(":")
    return prefixes.get(prefix, ""), name


def _is_within(own: str, wanted: str, rule: str) -> bool:
    """Whether a scope of ours is the one wanted, or below it (5.1 of WS-Discovery 1.1); no other rules are known."""
    match rule:
        case "" | "rfc3986" | "rfc2396":
            head, path = own.casefold().rstrip("/"), wanted.casefold().rstrip("/")
            return head == path or head.startswith(f"{path}/")
        case "strcmp0":
            return own == wanted
    return False


def _words(announced: Announced) -> str:
    return (
        f"{_reference(announced)}<d:Types>dn:{CAMERA_TYPES[0][1]} tds:{CAMERA_TYPES[1][1]}</d:Types>"
        f"<d:Scopes>{escape(' '.join(announced.scopes))}</d:Scopes><d:XAddrs>{escape(announced.address)}</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion>"
    )


def _reference(announced: Announced) -> str:
    return f"<a:EndpointReference><a:Address>{announced.urn}</a:Address></a:EndpointReference>"


def _message(dialect: Dialect, action: str, to: str, body: str, stamp: Stamp, relates_to: str = "") -> bytes:
    answers = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{dialect.addressing}" '
        f'xmlns:d="{dialect.discovery}" xmlns:dn="{CAMERA_TYPES[0][0]}" xmlns:tds="{DEVICE}"><s:Header>'
        f"<a:MessageID>{stamp.message_id}</a:MessageID>{answers}<a:To>{to}</a:To>"
        f"<a:Action>{dialect.discovery}/{action}</a:Action>"
        f'<d:AppSequence InstanceId="{stamp.instance}" MessageNumber="{stamp.number}"/></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()[: _MAX_WORDS * _WORD_LETTERS]
