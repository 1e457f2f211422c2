"""What is stored, held against what was promised."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.support.influx_servers import Influxd
from tests.torture.gateway import SITE
from tests.torture.ledger import Entry

_IN_STORE = """
SELECT s.device, r.sequence, r.value FROM readings r JOIN series s ON s.id = r.series
WHERE s.site = ? AND s.metric = 'count'
"""


class Balance(NamedTuple):
    """Promised samples that are not stored, and samples that are stored more than once or as something else."""

    lost: frozenset[Entry]
    twice: frozenset[Entry]


def strike(promised: frozenset[Entry], stored: Counter[Entry]) -> Balance:
    """Promised minus stored, and what is stored more than once."""
    twice = frozenset(entry for entry, count in stored.items() if count > 1)
    return Balance(promised - stored.keys(), twice)


def in_store(file: Path) -> Counter[Entry]:
    """How often the hub's own store holds each sample."""
    if not file.exists():
        return Counter()
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(_IN_STORE, (SITE,)).fetchall()
    assert all(sequence == value for _, sequence, value in rows), "a value was changed on its way"
    return Counter((device, sequence) for device, sequence, _ in rows)


def in_database(server: Influxd) -> Counter[Entry]:
    """How often the database holds each sample: every point of the site, by device and value."""
    found: Counter[Entry] = Counter()
    statement = f"SELECT v FROM reading WHERE site = '{SITE}' AND metric = 'count' GROUP BY device"  # noqa: S608 - ours
    for series in server.query(statement):
        found.update((series["tags"]["device"], int(value)) for _, value in series["values"])
    return found
