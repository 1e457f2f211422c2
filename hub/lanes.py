"""Threads for questions that may wait for others: so many, and so many questions that wait for one, and no more.

The event loop's own threads are few and everybody's: what hangs on them holds up whatever else needs one.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from sensors.errors import UnavailableError

P = ParamSpec("P")
R = TypeVar("R")


class Lane:
    """Some threads for one kind of question; belongs to one event loop."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._name = name
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._present = 0

    async def run(self, work: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """What `work` returns, done on one of the threads.

        Raises:
            UnavailableError: too many are waiting for one.
        """
        if self._present >= self._most:
            raise UnavailableError("too many are asking", subject=self._name, mend="Try again in a moment")
        self._present += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))
        finally:
            self._present -= 1
