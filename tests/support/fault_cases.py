"""Every fault of a simulated camera, and what a wall should say of it, over either transport."""

from typing import NamedTuple

from sensors.catalog import PictureState as State
from sensors.model import StreamRole
from simulators.cameras.camera import Camera
from simulators.cameras.condition import BLEMISHES
from simulators.cameras.drawing.film import Shot
from simulators.cameras.formats import Format
from simulators.cameras.vocabulary import Fault, Lighting, Terrain, View
from tests.support.border_wall import key
from videowall.capture.rtsp.conversation import Transport

STALL_S, FROZEN_S = 3.0, 10.0
"""Within what time a picture that comes no more, and one that goes on unchanged, must be said not to be live."""
TRANSPORTS = (Transport.TCP, Transport.UDP)
_BOTH = frozenset(TRANSPORTS)
_NO_LINK = frozenset({State.NO_PACKETS, State.REFUSED, State.CONNECTING, State.DELAYED})
WITNESSES = ("cam-1", "cam-2")


SLOW_TO_RETURN = frozenset({State.BAD_CREDENTIALS, State.NO_FREE_SESSION, State.NOT_FOUND})
"""Cameras that say so are not asked often, so they may not be back within the time of a test."""


class Case(NamedTuple):
    """One fault of one camera of its own.

    `said`: any of these is right in the end; `within_s` is when one of them must be said at the latest, from when the
    fault began. `on_way`: what may be said besides while it lasts. `afresh`: the camera is taken off the wall when the
    fault begins, and put back, because only a new session meets it.
    """

    fault: Fault
    said: frozenset[State]
    within_s: float
    amount: float = 0.0
    on_way: frozenset[State] = frozenset()
    over: frozenset[Transport] = _BOTH
    afresh: bool = False

    @property
    def name(self) -> str:
        """As the matrix calls it."""
        return f"{self.fault}, new session" if self.afresh else str(self.fault)


def _lens(fault: Fault, state: State, within_s: float) -> Case:
    return Case(fault, frozenset({state}), within_s)


def _goes_on(fault: Fault, amount: float = 0.0, over: frozenset[Transport] = _BOTH) -> Case:
    return Case(fault, frozenset({State.LIVE}), 0.0, amount, over=over)


def _breaks(fault: Fault, state: State, within_s: float = STALL_S, over: frozenset[Transport] = _BOTH) -> Case:
    return Case(fault, frozenset({state}), within_s, on_way=_NO_LINK, over=over)


def _afresh(fault: Fault, state: State, amount: float = 0.0) -> Case:
    return Case(fault, frozenset({state}), 20.0, amount, on_way=_NO_LINK, afresh=True)


CASES = (
    _lens(Fault.FROZEN, State.FROZEN, FROZEN_S),
    _lens(Fault.BLACK, State.BLACK, 5.0),
    _lens(Fault.WHITE, State.OVEREXPOSED, 7.0),
    _lens(Fault.BLURRED, State.BLURRED, 11.0),
    _lens(Fault.COVERED, State.COVERED, 11.0),
    _lens(Fault.TURNED, State.MOVED, 15.0),
    _lens(Fault.NOISY, State.NOISY, 9.0),
    _breaks(Fault.KILLED, State.REFUSED),
    _breaks(Fault.STALLED, State.NO_PACKETS),
    _breaks(Fault.HALF_OPEN, State.NO_PACKETS),
    _breaks(Fault.RESET, State.REFUSED),
    _breaks(Fault.TRICKLING, State.NO_PACKETS, 7.0, over=frozenset({Transport.TCP}))._replace(amount=20.0),
    _goes_on(Fault.TRICKLING, 20.0, over=frozenset({Transport.UDP})),
    _breaks(Fault.LOCKED, State.BAD_CREDENTIALS),
    _breaks(Fault.GONE, State.NOT_FOUND),
    _goes_on(Fault.FULL),
    _afresh(Fault.FULL, State.NO_FREE_SESSION),
    _goes_on(Fault.LEAKING, 1.0),
    _afresh(Fault.LEAKING, State.NO_FREE_SESSION, 1.0),
    _goes_on(Fault.BARE),
    _afresh(Fault.BARE, State.CANNOT_DECODE),
    Case(Fault.RESTARTING, frozenset({State.LIVE}), 15.0, 60.0, on_way=_NO_LINK),
    Case(Fault.ROLLING, frozenset({State.LIVE}), 8.0, 5.0, on_way=_NO_LINK),
    Case(Fault.RECODED, frozenset({State.LIVE}), 12.0, on_way=_NO_LINK | {State.CANNOT_DECODE}),
    _goes_on(Fault.RESIZED),
    _goes_on(Fault.JUMPED, 3600.0),
    _goes_on(Fault.REORDERED, 0.2),
    Case(Fault.LOSSY, frozenset({State.LIVE}), 20.0, 0.05, on_way=frozenset({State.DELAYED})),
    Case(Fault.TRUNCATED, frozenset({State.LIVE}), 20.0, 0.2, on_way=frozenset({State.DELAYED})),
)
"""RESTARTING is away for 5 s, then back for longer than anybody looks. Of TRICKLING a whole packet may still come."""


def camera_of(case: Case) -> str:
    """The id of the camera that has it."""
    return f"cam-{CASES.index(case) + 1 + len(WITNESSES)}"


def cameras() -> tuple[Camera, ...]:
    """The witnesses, then a camera for each case. What a lens does to a picture is judged at its usual size."""
    views = list(View)
    return tuple(
        Camera(
            key(f"cam-{number}"),
            Shot(number, views[number % len(views)], Terrain.PLAIN, number, Lighting.DAY, 0, 0),
            formats={StreamRole.SUB: _format(number)},
        )
        for number in range(1, 1 + len(WITNESSES) + len(CASES))
    )


def _format(number: int) -> Format:
    if number <= len(WITNESSES):
        return Format(320, 180, 300_000)
    case = CASES[number - len(WITNESSES) - 1]
    if case.fault is Fault.FROZEN or case.fault in BLEMISHES:
        return Format(640, 360, 400_000, fps=12, key_every=12)
    return Format(320, 180, 150_000, fps=12, key_every=12)
