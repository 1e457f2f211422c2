"""One running Shekara for the tests of a module; each test leaves it as it found it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.system import System, running_system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    ready: asyncio.Future[System] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def hold() -> None:
        # Set-up and tear-down of a fixture are different tasks; the system's task group needs one.
        try:
            async with running_system(tmp_path_factory.mktemp("system")) as system:
                ready.set_result(system)
                await done.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    task = asyncio.create_task(hold())
    try:
        yield await ready
    finally:
        done.set()
        await task


@pytest_asyncio.fixture(loop_scope="module")
async def system(running: System) -> System:
    await running.settle()
    return running
