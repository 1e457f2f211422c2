"""A decoding child: `python -m videowall.decoding.shards.child SOCKET MEMORY LIMIT`, started by a `Shard` alone.

It does one thing at a time: a unit in, its picture into the shared memory, an answer out. It ends with its parent.
"""

import mmap
import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import av.logging
import numpy as np

from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.decoder import Decoder
from videowall.decoding.shards.messages import MEMORY_BYTES, Answer, Line, Request, lay_out
from videowall.picture import prepare_opencv

_LOOK_S = 0.5
_HARD_BYTES = 1_000_000_000
"""So far beyond the limit memory is refused at once; beyond the limit the parent ends the child after the picture."""


class Figures:
    """What this process uses, looked up twice a second."""

    def __init__(self) -> None:
        self.memory_bytes = 0
        self.cpu_s = 0.0
        self._looked_s = float("-inf")

    def look(self) -> None:
        """Look, when it is time."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        self.cpu_s = time.process_time()
        self.memory_bytes = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE


class Desk:
    """The decoders of one child, each with its number."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._decoders: dict[int, Decoder] = {}
        self._figures = Figures()

    def answer(self, request: Request) -> Answer:
        """Decode a unit into the shared memory."""
        began_s = time.thread_time()
        for number in request.forget:
            self._decoders.pop(number, None)
        decoder = self._decoders.get(request.decoder)
        if decoder is None:
            decoder = self._decoders[request.decoder] = Decoder(request.codec, request.extradata, request.thrift)
        unit = AccessUnit(request.data, request.key, request.gap, rtp_timestamp=0, arrival_s=0.0)
        planes = decoder.decode(unit)
        self._figures.look()
        width = height = 0
        if planes is not None:
            width, height = planes.width, planes.height
            for target, source in zip(lay_out(self._memory, width, height), planes, strict=True):
                np.copyto(target, source)
        figures = self._figures
        return Answer(
            width,
            height,
            decoder.errors_total,
            decoder.errors_in_row,
            figures.memory_bytes,
            figures.cpu_s,
            time.thread_time() - began_s,
        )


def main() -> None:
    """Serve until the parent says nothing more."""
    socket_fd, memory_fd, limit_bytes = map(int, sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes + _HARD_BYTES, limit_bytes + _HARD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prepare_opencv()
    av.logging.set_level(av.logging.FATAL)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    line = Line(socket.socket(fileno=socket_fd))
    desk = Desk(mmap.mmap(memory_fd, MEMORY_BYTES))
    try:
        line.send(Answer())
        while True:
            line.send(desk.answer(line.receive(Request)))
    except OSError:
        sys.exit(0)


def _end_with_parent() -> None:
    """A decoder that hangs would not see the parent go."""
    while os.read(0, 64):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
