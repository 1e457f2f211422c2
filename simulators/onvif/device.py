"""A simulated camera as an ONVIF device: from a request's bytes to its reply's, without I/O."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from simulators.cameras.vocabulary import Fault
from simulators.onvif.device_service import DEVICE_OPERATIONS, OPEN
from simulators.onvif.envelope import (
    DEVICE,
    MEDIA,
    MEDIA2,
    PTZ,
    Refusal,
    Request,
    read_request,
    write_refusal,
    write_reply,
)
from simulators.onvif.guard import Guard, Verdict
from simulators.onvif.media2_service import MEDIA2_OPERATIONS
from simulators.onvif.media_service import MEDIA_OPERATIONS, role_named, role_of
from simulators.onvif.ptz_service import PTZ_OPERATIONS, WITHOUT_PROFILE
from simulators.onvif.subject import DEVICE_PATH, MEDIA2_PATH, MEDIA_PATH, PTZ_PATH, SNAPSHOT_PATH, Address, Subject

_CONTENT = ("Content-Type", "application/soap+xml; charset=utf-8")
_NOT_AUTHORIZED = Refusal("Sender", ("NotAuthorized",), "not authorized")
_UNKNOWN = Refusal("Receiver", ("ActionNotSupported",), "not supported here")


class Reply(NamedTuple):
    """What HTTP carries back."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class _Service(NamedTuple):
    namespace: str
    operations: Mapping[str, Callable[[Subject, Request, Address], str | Refusal]]


_SERVICES = {
    DEVICE_PATH: _Service(DEVICE, DEVICE_OPERATIONS),
    MEDIA_PATH: _Service(MEDIA, MEDIA_OPERATIONS),
    MEDIA2_PATH: _Service(MEDIA2, MEDIA2_OPERATIONS),
    PTZ_PATH: _Service(PTZ, PTZ_OPERATIONS),
}


class Device:
    """Answers for one camera, as its condition lets it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._guard = Guard(subject.rig.camera, subject.rig.condition, subject.clock)

    @property
    def is_dead(self) -> bool:
        """Whether connections to it break off."""
        way = self.subject.way_of()
        return self.subject.rig.condition.is_dead or (way is not None and way.is_broken)

    @property
    def is_silent(self) -> bool:
        """Whether it takes requests and never answers."""
        way = self.subject.way_of()
        return self.subject.rig.condition.fault is Fault.HALF_OPEN or (way is not None and not way.is_open)

    def answer(self, path: str, body: bytes, authorization: str, address: Address) -> Reply:
        """The reply to what is posted to a path; `authorization` is that header, `address` where it came in."""
        service = _SERVICES.get(path)
        if service is None or (path == PTZ_PATH and not self.subject.turns):
            return Reply(404)
        request = read_request(body)
        if isinstance(request, Refusal):
            return _refused(request)
        if request.operation not in OPEN:
            match self._guard.judge(request.header, authorization):
                case Verdict.WRONG:
                    return _refused(_NOT_AUTHORIZED)
                case Verdict.STRANGER:
                    return Reply(401, (_CONTENT, *self._challenge), write_refusal(_NOT_AUTHORIZED))
                case Verdict.WELCOME:
                    pass
        answer = self._answer(service, request, address)
        return _refused(answer) if isinstance(answer, Refusal) else Reply(200, (_CONTENT,), write_reply(answer))

    async def show(self, path: str, authorization: str) -> Reply:
        """The reply to who gets a path: a picture, where one is."""
        if not path.startswith(f"{SNAPSHOT_PATH}/"):
            return Reply(405, (("Allow", "POST"),))
        if self._guard.judge(None, authorization, "GET") is not Verdict.WELCOME:
            return Reply(401, self._challenge)
        role = role_named(self.subject, path.removeprefix(f"{SNAPSHOT_PATH}/"))
        if isinstance(role, Refusal) or self.subject.rig.condition.fault is Fault.GONE:
            return Reply(404)
        picture = await self.subject.rig.broadcasts[role].snapshot()
        return Reply(200, (("Content-Type", "image/jpeg"), ("Cache-Control", "no-store")), picture)

    @property
    def _challenge(self) -> tuple[tuple[str, str], ...]:
        challenge = self._guard.challenge
        return () if challenge is None else (("WWW-Authenticate", challenge),)

    def _answer(self, service: _Service, request: Request, address: Address) -> str | Refusal:
        operation = service.operations.get(request.operation) if request.service == service.namespace else None
        if operation is None:
            return _UNKNOWN
        if service.namespace == PTZ and request.operation not in WITHOUT_PROFILE:
            role = role_of(self.subject, request)
            if isinstance(role, Refusal):
                return role
        return operation(self.subject, request, address)


def _refused(refusal: Refusal) -> Reply:
    return Reply(refusal.status, (_CONTENT,), write_refusal(refusal))
