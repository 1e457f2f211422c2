"""Writes down what a running hub says, as a client like any other."""

from pathlib import Path

from hub.client import Connected, Disconnected, HubClient
from sensors.clock import Clock
from simulators.scoring.hearing import Hearing
from simulators.truth import HEARD, RecordWriter


async def record(client: HubClient, folder: Path, clock: Clock) -> None:
    """Follow the live feed into `folder`'s `heard.jsonl`, until cancelled.

    Raises:
        ConfigError: the file cannot be written.
        AccessError: the hub does not accept the sign-in.
        LimitError: the run has more to say than a file may hold.
    """
    hearing = Hearing(clock.now())
    with RecordWriter.open(folder / HEARD) as writer:
        async for event in client.live():
            if not isinstance(event, Connected | Disconnected):
                for heard in hearing.take(event, clock.now()):
                    writer.write(heard)
