"""`python -m tests.benchmarks.watcher`: one client of a hub's live feed, as a process of its own.

It prints one JSON line: how many readings it was shown, and how old each was. The value of a reading is the
monotonic time at which it was published, and that clock is the machine's.
"""

import argparse
import asyncio
import os
import sys
import time

import msgspec
from msgspec import Struct

from hub.client import HubClient
from hub.protocol import MetricsChanged
from tests.benchmarks.load import SITES


class Sight(Struct, frozen=True):
    """What a watcher saw after its warm-up: readings shown, and their age in milliseconds on arrival."""

    shown: int
    messages: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    received_p99_ms: float
    """Of that, the time until the hub had taken it from the broker."""


async def watch(url: str, name: str, password: str, warm_s: float, seconds: float) -> Sight:
    """Watch for `seconds` after `warm_s`."""
    ages_s: list[float] = []
    received_s: list[float] = []
    messages = 0
    began_s = time.monotonic()
    async with HubClient(url) as client:
        await client.sign_in(name, password)
        async for message in client.live_once():
            now_s = time.monotonic()
            if now_s > began_s + warm_s + seconds:
                break
            if now_s < began_s + warm_s or not isinstance(message, MetricsChanged):
                continue
            messages += 1
            for view in message.metrics:
                if view.key.site in SITES and isinstance(view.value, float):
                    ages_s.append(now_s - view.value)
                    received_s.append((view.received_at - view.captured_at).total_seconds())
    return Sight(
        len(ages_s),
        messages,
        percentile(ages_s, 0.5) * 1000,
        percentile(ages_s, 0.99) * 1000,
        max(ages_s) * 1000,
        percentile(received_s, 0.99) * 1000,
    )


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Watch, and print what was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--warm", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    password = os.environ["SHEKARA_BENCH_PASSWORD"]
    sight = asyncio.run(watch(given.url, given.name, password, given.warm, given.seconds))
    sys.stdout.write(msgspec.json.encode(sight).decode() + "\n")


if __name__ == "__main__":
    main()
