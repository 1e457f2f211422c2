"""`make scenarios`: every shipped scenario at high speed, its expectations scored. The last line is JSON."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from sensors.model import Language
from simulators.scenario.library import scenario_names
from simulators.scoring.page import page_of
from simulators.scoring.score import Score
from simulators.scoring.table import table_of
from tests.scenarios.library import play_shipped
from tests.scenarios.sums import sums_of

_HEAD = f"{'scenario':<24}{'expected':>9}{'found':>7}{'missed':>7}{'false':>6}{'nuisance':>9}{'honesty':>8}{'s':>7}"


def main() -> int:
    """1 when a score does not hold."""
    parser = argparse.ArgumentParser(prog="make scenarios")
    parser.add_argument("names", nargs="*", help="of shipped scenarios; all of them when none is named")
    parser.add_argument("--keep", type=Path, default=None, help="keep each run and its report in this folder")
    chosen = parser.parse_args()
    sys.stdout.write(f"{_HEAD}\n")
    with tempfile.TemporaryDirectory(prefix="shekara-scenarios-") as folder:
        kept = chosen.keep or Path(folder)
        scores = [_play(name, kept / name) for name in chosen.names or scenario_names()]
    for score in scores:
        if not score.holds:
            sys.stdout.write(f"\n{table_of(score, Language.EN)}")
    sys.stdout.write(f"{msgspec.json.encode(sums_of(scores)).decode()}\n")
    return 0 if all(score.holds for score in scores) else 1


def _play(name: str, folder: Path) -> Score:
    folder.mkdir(parents=True, exist_ok=True)
    began_s = time.monotonic()
    scored = play_shipped(name, folder)
    (folder / "score.json").write_bytes(msgspec.json.encode(scored.score))
    (folder / "score.html").write_text(page_of(scored, Language.EN), encoding="utf-8")
    total, honesty = scored.score.total, scored.score.wall.honesty
    said = "-" if honesty is None else f"{honesty:.0%}"
    sys.stdout.write(
        f"{name:<24}{total.expected:>9}{total.detected:>7}{total.missed:>7}{total.false:>6}{total.nuisance:>9}{said:>8}"
        f"{time.monotonic() - began_s:>7.1f}\n"
    )
    sys.stdout.flush()
    return scored.score


if __name__ == "__main__":
    sys.exit(main())
