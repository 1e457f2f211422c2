"""How SOAP travels to a device: to one host, without redirects, with bounded replies and no surprises in its XML.

zeep makes the requests and reads the replies, by the service descriptions that onvif-zeep-async carries.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from lxml.etree import LxmlError
from zeep import Settings
from zeep.exceptions import Error
from zeep.transports import AsyncTransport, Transport
from zeep.wsdl import Document

from sensors.errors import ConfigError

MAX_REPLY_BYTES = 524_288
SETTINGS = Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True)
UNREADABLE = (
    Error,
    LxmlError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    NotImplementedError,
)
"""What zeep, its parsers and httpx let out for replies that are not what they should be.

The last is httpx's for a digest over the request's body, which a device may ask for.
"""


class Post(AsyncTransport):  # type: ignore[misc]  # zeep's types are not followed
    """Carries messages to one host and nowhere else."""

    def __init__(self, http: httpx.AsyncClient, address: str) -> None:
        super().__init__(client=http, wsdl_client=http)
        self.address = address

    async def post(self, address: str, message: bytes, headers: dict[str, str]) -> httpx.Response:
        """One request and its bounded reply.

        Raises:
            httpx.HTTPError: it does not get there, or the reply is none that is read.
        """
        if not is_at(address, self.address):
            message_text = "another host"
            raise httpx.UnsupportedProtocol(message_text)
        sent = {**headers, "Accept-Encoding": "identity"}
        async with self.client.stream("POST", address, content=message, headers=sent) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    message_text = "too long a reply"
                    raise httpx.DecodingError(message_text)
        kind = response.headers.get("Content-Type", "")
        if "multipart" in kind.lower() or "Content-Encoding" in response.headers or b"<!" in body:
            message_text = "a reply of a sort that is not read"
            raise httpx.DecodingError(message_text)
        return httpx.Response(
            response.status_code, headers={"Content-Type": kind}, content=bytes(body), request=response.request
        )


class Services(NamedTuple):
    """The descriptions of the services that devices are asked at."""

    device: Document
    media: Document
    ptz: Document


def read_services() -> Services:
    """The descriptions of the services: a second of work.

    Raises:
        ConfigError: they are not installed.
    """
    spec = find_spec("onvif")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("is not installed", subject="onvif-zeep-async", mend="Install it, or set [discovery] onvif")
    folder = Path(spec.submodule_search_locations[0]) / "wsdl"
    disk, settings = _Disk(), Settings(strict=False)
    names = ("devicemgmt.wsdl", "media.wsdl", "ptz.wsdl")
    return Services(*(Document(str(folder / name), disk, settings=settings) for name in names))


class _Disk(Transport):  # type: ignore[misc]  # as above
    """Reads service descriptions from files; what they import over the network is left out."""

    def _load_remote_data(self, url: str) -> bytes:
        raise ConfigError("imports from the network", subject=url, mend="Install onvif-zeep-async anew")


def is_at(url: str, address: str) -> bool:
    """Whether a URL's host is this very address."""
    try:
        return urlsplit(url).hostname == address
    except ValueError:
        return False
