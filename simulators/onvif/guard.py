"""Who may ask a simulated camera: WS-Security's UsernameToken as a digest, or else the camera's own HTTP challenge."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final
from xml.etree.ElementTree import Element

from sensors.clock import Clock
from sensors.rtsp.authentication import challenge_header, is_authorized
from simulators.cameras.camera import Camera
from simulators.cameras.condition import Condition
from simulators.cameras.vocabulary import Fault

TOLERANCE: Final = timedelta(seconds=60)
"""How far from the camera's clock a token may have been made."""
_REMEMBERED = 1_024
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE, _WSU = f"{_WSS}-wssecurity-secext-1.0.xsd", f"{_WSS}-wssecurity-utility-1.0.xsd"
_DIGEST = f"{_WSS}-username-token-profile-1.0#PasswordDigest"


class Verdict(Enum):
    """STRANGER: said nothing of who it is, or something wrong over HTTP; WRONG: a token that is not right."""

    WELCOME = auto()
    STRANGER = auto()
    WRONG = auto()


class Guard:
    """One camera's. A camera without a password lets everybody in, unless it is locked."""

    def __init__(self, camera: Camera, condition: Condition, clock: Clock) -> None:
        self._camera, self._condition, self._clock = camera, condition, clock
        self._nonce = secrets.token_hex(16)
        self._taken: OrderedDict[str, None] = OrderedDict()

    def judge(self, header: Element | None, authorization: str, method: str = "POST") -> Verdict:
        """Whether this one may ask, by the SOAP header and by HTTP's Authorization for its method."""
        camera, challenge = self._camera, self._camera.challenge(self._nonce)
        token = None if header is None else header.find(f"{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken")
        if self._condition.fault is Fault.LOCKED:
            return Verdict.STRANGER if token is None else Verdict.WRONG
        if challenge is None or camera.credentials is None:
            return Verdict.WELCOME
        if token is not None:
            return Verdict.WELCOME if self._is_right(token) else Verdict.WRONG
        welcome = is_authorized(authorization, challenge, camera.credentials, method)
        return Verdict.WELCOME if welcome else Verdict.STRANGER

    @property
    def challenge(self) -> str | None:
        """The WWW-Authenticate header for strangers; None when nothing they could say would help."""
        challenge = self._camera.challenge(self._nonce)
        return None if challenge is None else challenge_header(challenge)

    def _is_right(self, token: Element) -> bool:
        """Whether a token holds the right digest, was made just now, and has not come before."""
        credentials = self._camera.credentials
        password = token.find(f"{{{_WSSE}}}Password")
        if credentials is None or password is None or password.get("Type") != _DIGEST:
            return False
        user, nonce = ((token.findtext(f"{{{_WSSE}}}{name}") or "").strip() for name in ("Username", "Nonce"))
        created = (token.findtext(f"{{{_WSU}}}Created") or "").strip()
        made = _moment(created)
        if made is None or abs(made - self._clock.now()) > TOLERANCE:
            return False
        try:
            salt = base64.b64decode(nonce, validate=True)
        except (binascii.Error, ValueError):
            return False
        secret = salt + created.encode() + credentials.password.encode()
        expected = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest())
        right = hmac.compare_digest((password.text or "").strip().encode(), expected) and user == credentials.user
        return right and self._is_new(f"{nonce} {created}")

    def _is_new(self, mark: str) -> bool:
        if mark in self._taken:
            return False
        self._taken[mark] = None
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        return True


def _moment(text: str) -> datetime | None:
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)
