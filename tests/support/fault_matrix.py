"""The fault matrix: every fault of a simulated camera over each transport, as a table.

    python -m tests.support.fault_matrix > docs/fault-matrix.md

takes about two minutes, and wants a machine that has nothing else to do.
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import av.logging
import structlog

from tests.support.camera_stand import Stand
from tests.support.fault_cases import CASES, FROZEN_S, STALL_S, TRANSPORTS, camera_of, cameras
from tests.support.fault_wall import Outcome, Rhythm, Watched, watch
from videowall.capture.rtsp.conversation import Transport
from videowall.picture import prepare_opencv

_HEAD = """# What a wall says of every fault of a camera

Made by `python -m tests.support.fault_matrix`, which breaks every camera of one wall at the same time, each in another
way, first over TCP, then over UDP. Everything is read from the encoded wall, as a viewer gets it: which picture a tile
shows by the stamp that simulated cameras draw, when by the wall's own time. `tests/videowall/test_fault_matrix.py`
demands of each row what the last paragraph says.

- **said**: what the tile said, in order. A fault that a camera has to be asked anew to show is in a row of its own.
- **not live after**: seconds from the fault to the first word that is not `live`; **right after**: to the right word.
- **stuck**: for how many seconds at most the same picture was shown as live.
- **back after**: seconds from the end of the fault to `live`; a dash: not within the run, because a camera that refuses
  a password or has no session free is not asked often.

| fault | transport | said | not live after | right after | stuck | back after |
|---|---|---|---|---|---|---|
"""
_TAIL = f"""
A picture that comes no more is said not to be live within {STALL_S:g} s, one that goes on unchanged within
{FROZEN_S:g} s. The other tiles keep their rhythm: two healthy cameras beside all of these showed a new picture after so
many frames of the wall, half of the time and 19 times of 20, before the faults and during them:

| camera | transport | before | during |
|---|---|---|---|
"""


async def measure(folder: Path) -> tuple[Watched, ...]:
    """Run the whole matrix; `folder` holds what the walls learn."""
    with Stand(cameras()) as stand:
        await asyncio.to_thread(stand.draw_all, {camera_of(case): case.fault for case in CASES})
        return tuple([await watch(stand, transport, folder / "views") for transport in TRANSPORTS])


def write(watched: Iterable[Watched]) -> str:
    """The page."""
    watched = tuple(watched)
    rows = [
        _row(outcome, wall.transport)
        for case in CASES
        for wall in watched
        for outcome in wall.outcomes
        if outcome.case is case
    ]
    rhythms = [
        f"| {camera} | {wall.transport} | {_rhythm(wall.before[camera])} | {_rhythm(wall.during[camera])} |"
        for wall in watched
        for camera in wall.before
    ]
    return _HEAD + "\n".join(rows) + "\n" + _TAIL + "\n".join(rhythms) + "\n"


def _row(outcome: Outcome, transport: Transport) -> str:
    said = ", ".join(f"`{state}`" for state in _shortened(outcome.said))
    cells = (outcome.case.name, transport, said, outcome.first_s, outcome.right_s, outcome.stuck_s, outcome.back_s)
    return "| " + " | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell or "–") for cell in cells) + " |"


def _shortened(said: tuple[str, ...]) -> Iterable[str]:
    """What alternates is said once each way."""
    return said if len(said) <= 6 else (*said[:5], "…")


def _rhythm(rhythm: Rhythm) -> str:
    return f"{rhythm.usual}, {rhythm.long}"


def main() -> None:
    """Print the page."""
    prepare_opencv()
    sys.setswitchinterval(0.0002)
    av.logging.set_level(av.logging.FATAL)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with TemporaryDirectory() as folder:
        sys.stdout.write(write(asyncio.run(measure(Path(folder)))))


if __name__ == "__main__":
    main()
