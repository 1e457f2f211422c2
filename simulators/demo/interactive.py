"""The demonstration for people: the address of the wall, the console when there is a terminal, an intrusion."""

import asyncio
import os
import sys

from simulators.demo.stage import Stage

_INTRUSION_AFTER_S = 45.0
_STATUS_EVERY_S = 5.0


async def present(stage: Stage, *, terminal: bool) -> None:
    """Run until the console is left, or until cancelled.

    Raises:
        ShekaraError: a process keeps dying, or the hub does not answer.
    """
    sys.stdout.write("Shekara: three border posts, a hub, a wall and a console are starting …\n")
    async with stage.standing():
        sys.stdout.write(f"\n  The wall:  {await stage.entrance()}\n  (good for one entry; ")
        sys.stdout.write(f"an intrusion is played after {_INTRUSION_AFTER_S:.0f} s; Ctrl+C or q ends all)\n\n")
        sys.stdout.flush()
        async with asyncio.TaskGroup() as group:
            play = group.create_task(_play(stage), name="intrusion")
            if terminal:
                await _run_console(stage)
                play.cancel()
            else:
                group.create_task(_say_status(stage), name="status")


async def _play(stage: Stage) -> None:
    await asyncio.sleep(_INTRUSION_AFTER_S)
    await stage.play_intrusion()


async def _run_console(stage: Stage) -> None:
    """The console in this terminal, signed in; returns when it is left."""
    config = str(stage.installation.config)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub.command",
        "--config",
        config,
        "console",
        env={**os.environ, "SHEKARA_TOKEN": stage.client.token},
    )
    try:
        await child.wait()
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


async def _say_status(stage: Stage) -> None:
    while True:
        watch, report = stage.watch, stage.report
        stored = watch.status.readings_stored_total if watch.status else 0
        sys.stdout.write(
            f"devices {watch.registered(stage.expected)}/{report.devices_expected} · alarms {len(watch.alarms)} · "
            f"readings stored {stored}\n"
        )
        sys.stdout.flush()
        await asyncio.sleep(_STATUS_EVERY_S)
