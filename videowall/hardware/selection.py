"""What this machine has, tried once at the start, beside the running wall."""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from videowall.hardware.choice import Choice, wanted
from videowall.hardware.decoding import DecoderMaker
from videowall.hardware.encoding import EncoderMaker
from videowall.hardware.kinds import DECODERS, ENCODERS
from videowall.hardware.trial import Verdict

_WITHIN_S: Final = 30.0
_DEVICES: Final = {Choice.NVIDIA: "nvidia[0-9]*", Choice.VAAPI: "dri/renderD*"}
_log = structlog.get_logger(__name__)
_verdicts = msgspec.json.Decoder(list[Verdict])


class Selection:
    """Has hardware tried, and lets encoders and decoders believe what passed. Until then all is software."""

    def __init__(
        self,
        encoder: Choice,
        decoder: Choice,
        encoders: Iterable[EncoderMaker],
        decoders: DecoderMaker,
        devices: Path = Path("/dev"),
    ) -> None:
        self._encoder = wanted(encoder)
        self._decoder = wanted(decoder)
        self._encoders = tuple(encoders)
        self._decoders = decoders
        self._devices = devices

    @property
    def present(self) -> tuple[Choice, ...]:
        """What is asked for and has a device file here."""
        asked = dict.fromkeys((*self._encoder, *self._decoder))
        return tuple(choice for choice in asked if next(self._devices.glob(_DEVICES[choice]), None) is not None)

    async def run(self) -> None:
        """Try what is there, and return."""
        choices = self.present
        if not choices:
            return
        for verdict in await _try_apart(choices):
            _log.info("hardware was tried", **{k: str(v) for k, v in msgspec.structs.asdict(verdict).items()})
            self.believe(verdict)

    def believe(self, verdict: Verdict) -> None:
        """Use what passed, unless something before it did."""
        if verdict.encoder is None and verdict.choice in self._encoder:
            for maker in self._encoders:
                maker.believed = maker.believed or ENCODERS[verdict.choice]
        if verdict.decoder is None and verdict.choice in self._decoder:
            self._decoders.believed = self._decoders.believed or DECODERS[verdict.choice]


async def _try_apart(choices: tuple[Choice, ...]) -> list[Verdict]:
    """The verdicts of a process of its own; none when it crashes, hangs or says nonsense."""
    command = (sys.executable, "-m", "videowall.hardware.trial", *choices)
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            said, _ = await child.communicate()
        return _verdicts.decode(said)
    except (TimeoutError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _log.warning("hardware could not be tried", code=child.returncode)
        return []
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
