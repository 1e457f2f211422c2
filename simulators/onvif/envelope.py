"""SOAP 1.2 as a device reads and writes it: bounded, by namespace and local name, without DTDs and entities."""

from io import BytesIO
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.ElementTree import iterparse

MAX_REQUEST_BYTES: Final = 65_536
DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"
SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_ERRORS = "http://www.onvif.org/ver10/error"
_ARGUMENT_LETTERS = 256


class Request(NamedTuple):
    """One question: what is asked, of which service, and what the header says of who asks."""

    service: str
    operation: str
    said: Element
    header: Element | None

    def argument(self, name: str) -> str | None:
        """The text of an argument; None when it is left out, or longer than any that is taken."""
        child = next((child for child in self.said if local_name(child) == name), None)
        text = None if child is None else (child.text or "").strip()
        return None if text is None or len(text) > _ARGUMENT_LETTERS else text

    def arguments(self, name: str) -> frozenset[str]:
        """The texts of an argument that may come more than once."""
        return frozenset((child.text or "").strip() for child in self.said if local_name(child) == name)

    def nested(self, *names: str) -> str | None:
        """The text of an argument within others."""
        found: Element | None = self.said
        for name in names:
            found = next((child for child in found if local_name(child) == name), None) if found is not None else None
        return None if found is None else (found.text or "").strip()[:_ARGUMENT_LETTERS]


class Refusal(NamedTuple):
    """A SOAP fault. `blame` is SOAP's own code: Sender, Receiver or VersionMismatch; `codes` are ONVIF's below it."""

    blame: str
    codes: tuple[str, ...]
    reason: str

    @property
    def status(self) -> int:
        """What HTTP says of it (SOAP 1.2, part 2, 7.5.2.2)."""
        return 400 if self.blame == "Sender" else 500


class Document(NamedTuple):
    """XML of a stranger: its root, and the namespaces of the prefixes that it declares anywhere."""

    root: Element
    prefixes: dict[str, str]


def read_document(data: bytes) -> Document | None:
    """Well-formed XML without DTDs and entities; None for everything else. Its length is the caller's to bound."""
    prefixes: dict[str, str] = {}
    root: Element | None = None
    try:
        for event, found in iterparse(BytesIO(data), ("start-ns", "start"), forbid_dtd=True):
            if event == "start-ns":
                prefixes[found[0] or ""] = found[1]
            elif root is None:
                root = found
    except (ParseError, ValueError, LookupError):
        return None
    return None if root is None else Document(root, prefixes)


def read_request(body: bytes) -> Request | Refusal:
    """What a client asks."""
    document = read_document(body)
    if document is None:
        return Refusal("Sender", ("WellFormed",), "not well-formed XML, or with a DTD")
    envelope = document.root
    if envelope.tag != f"{{{SOAP}}}Envelope":
        return Refusal("VersionMismatch", (), "no envelope of SOAP 1.2")
    found = envelope.find(f"{{{SOAP}}}Body/*")
    if found is None:
        return Refusal("Sender", ("WellFormed",), "nothing is asked")
    service, _, operation = found.tag.removeprefix("{").rpartition("}")
    return Request(service, operation, found, envelope.find(f"{{{SOAP}}}Header"))


def write_reply(words: str) -> bytes:
    """An envelope around an answer, which may use the prefixes tds, trt, tr2, tptz and tt."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:tds="{DEVICE}" xmlns:trt="{MEDIA}" '
        f'xmlns:tr2="{MEDIA2}" xmlns:tptz="{PTZ}" xmlns:tt="{SCHEMA}" xmlns:ter="{_ERRORS}">'
        f"<s:Body>{words}</s:Body></s:Envelope>"
    ).encode()


def write_refusal(refusal: Refusal) -> bytes:
    """An envelope around a fault, its codes one below the other."""
    below = ""
    for code in reversed(refusal.codes):
        below = f"<s:Subcode><s:Value>ter:{code}</s:Value>{below}</s:Subcode>"
    return write_reply(
        f"<s:Fault><s:Code><s:Value>s:{refusal.blame}</s:Value>{below}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(refusal.reason)}</s:Text></s:Reason></s:Fault>'
    )


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]
