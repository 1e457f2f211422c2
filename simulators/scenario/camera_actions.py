"""What can be made to happen to a camera. One fault at a time: the newest is in force."""

from typing import Annotated, ClassVar

from msgspec import Meta

from sensors.model import Ident
from simulators.cameras.vocabulary import Fault
from simulators.scenario.acts import Act


class _CameraAct(Act, frozen=True, forbid_unknown_fields=True, kw_only=True):
    fault: ClassVar[Fault] = Fault.NONE
    camera: Ident

    @property
    def amount(self) -> float:
        """How much of the fault, in its own unit; 0 where there is no more or less of it."""
        return 0.0


class CameraKill(_CameraAct, tag="camera-kill", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera drops its connections and takes no new ones."""

    fault = Fault.KILLED


class CameraStall(_CameraAct, tag="camera-stall", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera keeps its connections and sends no packets on them."""

    fault = Fault.STALLED


class CameraFreeze(_CameraAct, tag="camera-freeze", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera sends the same picture for ever."""

    fault = Fault.FROZEN


class CameraBlack(_CameraAct, tag="camera-black", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's picture is black."""

    fault = Fault.BLACK


class CameraWhite(_CameraAct, tag="camera-white", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's picture is white: far too much light."""

    fault = Fault.WHITE


class CameraBlur(_CameraAct, tag="camera-blur", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera is out of focus."""

    fault = Fault.BLURRED


class CameraCover(_CameraAct, tag="camera-cover", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody hangs a cloth over a camera."""

    fault = Fault.COVERED


class CameraTurn(_CameraAct, tag="camera-turn", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody turns a camera away."""

    fault = Fault.TURNED


class CameraNoise(_CameraAct, tag="camera-noise", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's picture is full of noise."""

    fault = Fault.NOISY


class CameraLock(_CameraAct, tag="camera-lock", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's password has been changed."""

    fault = Fault.LOCKED


class CameraVanish(_CameraAct, tag="camera-vanish", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera no longer knows its own stream."""

    fault = Fault.GONE


class CameraFull(_CameraAct, tag="camera-full", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera has no free session."""

    fault = Fault.FULL


class CameraLeak(_CameraAct, tag="camera-leak", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera never frees a session, until it has no more."""

    fault = Fault.LEAKING
    sessions: Annotated[int, Meta(ge=1, le=256)] = 8

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.sessions


class CameraHalfOpen(_CameraAct, tag="camera-half-open", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's connections stay up, and nothing answers on them."""

    fault = Fault.HALF_OPEN


class CameraReset(_CameraAct, tag="camera-reset", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera resets its connections, and every new one at its first request."""

    fault = Fault.RESET


class CameraTrickle(_CameraAct, tag="camera-trickle", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera writes to its connections a few bytes at a time."""

    fault = Fault.TRICKLING
    bytes_s: Annotated[float, Meta(ge=1, le=100_000)] = 20.0

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.bytes_s


class CameraRestart(_CameraAct, tag="camera-restart", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera restarts again and again."""

    fault = Fault.RESTARTING
    every_s: Annotated[float, Meta(ge=1, le=86_400)] = 30.0

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.every_s


class CameraTruncate(_CameraAct, tag="camera-truncate", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's encoder cuts off the end of some frames."""

    fault = Fault.TRUNCATED
    share: Annotated[float, Meta(gt=0, le=1)] = 0.2

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.share


class CameraLose(_CameraAct, tag="camera-lose", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some of a camera's packets are lost."""

    fault = Fault.LOSSY
    share: Annotated[float, Meta(gt=0, le=1)] = 0.05

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.share


class CameraReorder(_CameraAct, tag="camera-reorder", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some of a camera's datagrams come after the next one."""

    fault = Fault.REORDERED
    share: Annotated[float, Meta(gt=0, le=1)] = 0.2

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.share


class CameraBare(_CameraAct, tag="camera-bare", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera does not say its parameter sets, neither before its pictures nor among them."""

    fault = Fault.BARE


class CameraResize(_CameraAct, tag="camera-resize", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera goes over to half the width and height, within its sessions."""

    fault = Fault.RESIZED


class CameraRecode(_CameraAct, tag="camera-recode", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera goes over to the other codec, within its sessions."""

    fault = Fault.RECODED


class CameraJump(_CameraAct, tag="camera-jump", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera's timestamps jump."""

    fault = Fault.JUMPED
    jump_s: Annotated[float, Meta(ge=-43_200, le=43_200)] = 3600.0

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.jump_s


class CameraRollover(_CameraAct, tag="camera-rollover", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera begins its sessions anew, shortly before its timestamps and sequence numbers roll over."""

    fault = Fault.ROLLING
    after_s: Annotated[float, Meta(ge=1, le=3600)] = 5.0

    @property
    def amount(self) -> float:
        """Of the fault."""
        return self.after_s


class CameraResume(_CameraAct, tag="camera-resume", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera is well again."""


CameraAction = (
    CameraKill
    | CameraStall
    | CameraFreeze
    | CameraBlack
    | CameraWhite
    | CameraBlur
    | CameraCover
    | CameraTurn
    | CameraNoise
    | CameraLock
    | CameraVanish
    | CameraFull
    | CameraLeak
    | CameraHalfOpen
    | CameraReset
    | CameraTrickle
    | CameraRestart
    | CameraTruncate
    | CameraLose
    | CameraReorder
    | CameraBare
    | CameraResize
    | CameraRecode
    | CameraJump
    | CameraRollover
    | CameraResume
)
