"""Writing without holding up anybody: one thread for each output, so that a dead disk keeps only its own waiting."""

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from videowall.outputs.targets.receiver import OutputError

P = ParamSpec("P")
T = TypeVar("T")
_WHAT = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "the folder may not be written",
}


class Disk:
    """A thread for the file work of one output."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=f"disk {name}")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns.

        Raises:
            OutputError: the disk did not let it, with the reason.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))
        except OSError as error:
            what = _WHAT.get(error.errno or 0, f"cannot be written: {error.strerror}")
            raise OutputError(what, mend="Make room, or choose another place") from error

    def close(self) -> None:
        """Give the thread up; work that hangs is left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)
