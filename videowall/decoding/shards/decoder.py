"""A stream's decoder that lives in a child."""

import weakref

import structlog

from sensors.model import DeviceKey
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.shards.conduct import Conduct
from videowall.decoding.shards.messages import Request
from videowall.decoding.shards.shard import Shard, ShardLostError
from videowall.decoding.thrift import Thrift
from videowall.picture import Planes
from videowall.quality.health import ERRORS_IN_ROW

_log = structlog.get_logger()


class Ward:
    """The decoders of one child as its parent counts them: their numbers, and those that nobody asks for any more."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._last = 0
        self._forgotten: list[int] = []

    def admit(self, decoder: object) -> int:
        """A number for a decoder; given back by itself once nobody holds that decoder."""
        self._last += 1
        # Of another thread, at any time: appending to a list and taking a whole list are each one step.
        weakref.finalize(decoder, self._forgotten.append, self._last).atexit = False
        return self._last

    def take_forgotten(self) -> tuple[int, ...]:
        """Numbers that the child may forget."""
        forgotten = tuple(self._forgotten)
        del self._forgotten[: len(forgotten)]
        return forgotten


class ShardDecoder:
    """As `decoder.Decoder`. When its child is lost it says so at once, until a key frame has come through."""

    def __init__(
        self, key: DeviceKey, ward: Ward, conduct: Conduct, codec: str, extradata: bytes, thrift: Thrift = Thrift.NONE
    ) -> None:
        self._key = key
        self._shard = ward.shard
        self._ward = ward
        self._conduct = conduct
        self._codec = codec
        self._extradata = extradata
        self._thrift = thrift
        self._number = ward.admit(self)
        self._life = ward.shard.life
        self._errors = 0
        self._errors_before = 0
        self._errors_in_row = 0

    @property
    def errors_total(self) -> int:
        """Units that gave no picture because they could not be decoded."""
        return self._errors_before + self._errors

    @property
    def errors_in_row(self) -> int:
        """The same since the last picture; at least `ERRORS_IN_ROW` while the child that knew this stream is gone."""
        is_lost = self._life != self._shard.life or self._conduct.is_kept_away
        return max(self._errors_in_row, ERRORS_IN_ROW) if is_lost else self._errors_in_row

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The newest picture that a unit completes, or None."""
        shard = self._shard
        if self._conduct.is_kept_away or not shard.is_ready() or (self._life != shard.life and not unit.key):
            self._errors_before += 1
            return None
        if self._life != shard.life:
            self._life = shard.life
            self._errors_before, self._errors = self.errors_total, 0
            self._errors_in_row = ERRORS_IN_ROW
        request = Request(
            self._number,
            self._codec,
            self._extradata,
            unit.data,
            unit.gap,
            unit.key,
            self._ward.take_forgotten(),
            self._thrift,
        )
        try:
            answer, planes = shard.ask(request)
        except ShardLostError as error:
            self._blame(error)
            return None
        self._errors, self._errors_in_row = answer.errors_total, answer.errors_in_row
        return planes

    def _blame(self, error: ShardLostError) -> None:
        self._errors_before += 1
        for_s = self._conduct.blame()
        if for_s:
            _log.error(
                "camera kept away from decoders: it ends them",
                camera=str(self._key),
                why=error.text,
                ends_total=self._conduct.ends_total,
                for_s=round(for_s),
            )
