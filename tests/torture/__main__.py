"""`python -m tests.torture --kills N`: kills under load, and a balance; its last line is JSON."""

import argparse
import json
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.campaign import torture


def main() -> int:
    """1 when anything was lost or stored twice."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None, help="repeats a run, as far as processes can be repeated")
    chosen = parser.parse_args()
    seed = secrets.randbits(32) if chosen.seed is None else chosen.seed
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="shekara-torture-") as folder:
        outcome = torture(Path(folder), chosen.kills, seed)
    killed = ", ".join(f"{victim} {count}" for victim, count in sorted(outcome.kills.items()))
    sys.stdout.write(
        f"seed {seed}: killed {killed} in {time.monotonic() - began_s:.0f} s; {outcome.stored} samples stored, "
        f"{outcome.receipted} confirmed by the hub, {outcome.sent_again} sent again\n"
    )
    for word, samples in (("lost", outcome.lost), ("twice", outcome.twice)):
        for device, sequence in sorted(samples):
            sys.stdout.write(f"{word}: {device} {sequence}\n")
    figures = {
        "kills": sum(outcome.kills.values()),
        "acknowledged": outcome.acknowledged,
        "lost": len(outcome.lost),
        "twice": len(outcome.twice),
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 1 if outcome.lost or outcome.twice else 0


if __name__ == "__main__":
    sys.exit(main())
