"""One run of a scenario, from its messages to its score: the hub's core hears it, a wall looks, both are held to it."""

import heapq
from collections.abc import Iterable, Sequence
from operator import attrgetter
from pathlib import Path

from simulators.foreign.advice import hub_settings
from simulators.messages import Message
from simulators.scenario.form import Scenario
from simulators.scoring.score import Scored, score_run
from simulators.truth import (
    HEARD,
    TRUTH,
    Heard,
    PictureFault,
    RecordWriter,
    Run,
    Truth,
    read_heard,
    read_run,
    read_truth,
    write_run,
)
from tests.scenarios.fixed_hub import FixedHub
from tests.scenarios.fixed_wall import wall_messages


def play(scenario: Scenario, run: Run, messages: Iterable[Message], truth: Sequence[Truth], folder: Path) -> Scored:
    """Score a run by the files that it leaves in the folder. `run` says until when."""
    until = run.until
    assert until is not None
    faults = [record for record in truth if isinstance(record, PictureFault)]
    seen = wall_messages(scenario, faults, run.start, until)
    write_run(folder, run)
    _write(folder / TRUTH, truth)
    hub = FixedHub(run.start, hub_settings(scenario))
    _write(folder / HEARD, hub.hear(heapq.merge(messages, seen, key=attrgetter("at")), until))
    return score_run(read_run(folder), read_truth(folder), read_heard(folder))


def _write(path: Path, records: Iterable[Truth | Heard]) -> None:
    with RecordWriter.open(path) as writer:
        for record in records:
            writer.write(record)
