"""One decoding child as the wall sees it: asked one thing at a time, ended when it hangs or grows, begun again."""

import mmap
import os
import random
import socket
import subprocess
import sys
import threading

import numpy as np
import structlog

from sensors.clock import Clock
from sensors.errors import UnavailableError
from videowall.decoding.shards.messages import MEMORY_BYTES, Answer, Line, Request, lay_out
from videowall.picture import Planes

START_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 2.0
"""The largest picture that there may be takes a twentieth of this."""
_FIRST_S, _MOST_S = 0.2, 20.0
_STABLE_S = 60.0
_log = structlog.get_logger()


class ShardLostError(UnavailableError):
    """The child has ended, or was ended, over what it was asked."""


class Shard:
    """Used by one thread, which alone calls `ask`; `stop` and what is read may be called from anywhere."""

    def __init__(self, number: int, limit_bytes: int, clock: Clock, chance: random.Random) -> None:
        self.life = 0
        """Grows with every end of a child: what it knew is gone."""
        self.cpu_s = 0.0
        """Used by all lives together."""
        self.asked_cpu_s = 0.0
        """Of that, what answers took."""
        self._name = f"decoder {number}"
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._chance = chance
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._memory_fd = os.memfd_create(f"shekara-{number}") if sys.platform == "linux" else -1
        os.ftruncate(self._memory_fd, MEMORY_BYTES)
        self._memory = mmap.mmap(self._memory_fd, MEMORY_BYTES)
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._answer = Answer()
        self._began_s = 0.0
        self._next_s = float("-inf")
        self._failures = 0

    @property
    def pid(self) -> int | None:
        """The child's, while there is one."""
        process = self._process
        return process.pid if process is not None else None

    def is_ready(self) -> bool:
        """Whether there is a child to ask; one that may be begun is begun first, and waited for."""
        if self._line is None and not self._stopping.is_set() and self._clock.monotonic_s() >= self._next_s:
            self._begin()
        return self._line is not None

    def ask(self, request: Request) -> tuple[Answer, Planes | None]:
        """Have a unit decoded: the answer, and the picture in memory of our own.

        Raises:
            ShardLostError: the child did not survive it.
        """
        line = self._line
        if line is None:
            raise ShardLostError("is not there", subject=self._name)
        try:
            line.send(request, ANSWER_TIMEOUT_S)
            answer = line.receive(Answer, ANSWER_TIMEOUT_S)
            planes = lay_out(self._memory, answer.width, answer.height) if answer.width else None
        except (OSError, ValueError) as error:
            why = f"hangs for {ANSWER_TIMEOUT_S:g} s" if isinstance(error, TimeoutError) else "has ended"
            raise self._lost(why) from error
        if answer.memory_bytes > self._limit_bytes:
            raise self._lost(f"uses {answer.memory_bytes / 1e6:.0f} MB")
        self.cpu_s += max(0.0, answer.cpu_s - self._answer.cpu_s)
        self.asked_cpu_s += answer.took_s
        self._answer = answer
        return answer, None if planes is None else Planes(*map(np.array, planes))

    def stop(self) -> None:
        """End the child; nothing is begun again."""
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Give everything back, once no thread uses it any more."""
        self._end()
        os.close(self._memory_fd)

    def _begin(self) -> None:
        self._answer, self._began_s = Answer(), self._clock.monotonic_s()
        try:
            self._launch().receive(Answer, START_TIMEOUT_S)
        except OSError:
            # The system may refuse another process, or a socket, just when memory is short.
            self._lost("did not start")

    def _launch(self) -> Line:
        ours, theirs = socket.socketpair()
        line = self._line = Line(ours)
        with theirs:
            fds = (theirs.fileno(), self._memory_fd)
            command = (sys.executable, "-m", "videowall.decoding.shards.child", *map(str, (*fds, self._limit_bytes)))
            with self._lock:
                if not self._stopping.is_set():
                    self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=fds)  # noqa: S603 - ours
        return line

    def _lost(self, why: str) -> ShardLostError:
        """The child is of no use any more: it is ended, and its next life has to wait."""
        self._end()
        self.life += 1
        now_s = self._clock.monotonic_s()
        if now_s - self._began_s > _STABLE_S:
            self._failures = 0
        ceiling_s = min(_MOST_S, _FIRST_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        self._next_s = now_s + self._chance.uniform(0.0, ceiling_s)
        if not self._stopping.is_set():
            _log.warning("decoding child lost", child=self._name, why=why, lost_total=self.life)
        return ShardLostError(why, subject=self._name)

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if self._line is not None:
            self._line.close()
            self._line = None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
