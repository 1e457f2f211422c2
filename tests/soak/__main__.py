"""`python -m tests.soak --hours H`: a wall under abuse for a day; its last line is JSON."""

import argparse
import secrets
import signal
import sys

import msgspec

from tests.soak.run import soak


def main() -> int:
    """1 when something grew, fell or did not come back."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--cameras", type=int, default=6, choices=range(2, 13), metavar="2..12")
    parser.add_argument("--shards", type=int, default=0, help="decoding children, as [wall] shards")
    parser.add_argument("--seed", type=int, default=None, help="repeats what is done, as far as processes can repeat")
    chosen = parser.parse_args()
    # Told to end, it ends its wall, broker and cameras too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    outcome = soak(chosen.hours * 3600, chosen.cameras, chosen.shards, seed)
    sys.stdout.write(f"seed {seed}, {chosen.shards} shards\n")
    for fault in outcome.faults:
        sys.stdout.write(f"not as it should be: {fault}\n")
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
