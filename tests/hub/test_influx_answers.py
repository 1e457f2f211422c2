"""What an InfluxDB says may be anything: it becomes an error of ours, or nothing worse than a strange history."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.config import InfluxSettings
from hub.storage.influx_reader import InfluxReader
from hub.storage.tiers import Tier
from sensors.errors import ShekaraError, WireError
from tests.hub.faulty_influx import Faulty, serving
from tests.hub.forwarding_bench import KEY, START, TOKEN, measured

END = START + timedelta(hours=1)
FIGURES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=9)
ROWS = st.lists(st.lists(FIGURES, max_size=8), max_size=4)


class Told:
    """A reader, and a server that tells it what it is told."""

    def __init__(self, server: Faulty) -> None:
        self.server = server
        self.reader = InfluxReader(InfluxSettings(url=server.url, timeout_s=5), TOKEN)

    def tell(self, *series: object, **more: object) -> None:
        self.server.tells = json.dumps({"results": [{"statement_id": 0, "series": series}], **more}).encode()


@pytest.fixture
def told() -> Iterator[Told]:
    with serving() as server:
        made = Told(server)
        yield made
        made.reader.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_no_rows_can_raise_anything_but_our_own_errors(told: Told, rows: list[list[object]]) -> None:
    told.tell({"name": "reading", "columns": ["time", "v"], "values": rows})
    for ask in (
        lambda: told.reader.history(KEY, "air", START, END, 10),
        lambda: told.reader.windows(KEY, "air", Tier.MINUTE, START, END, 10),
        lambda: told.reader.missing([measured(1)]),
    ):
        with suppress(ShekaraError):
            ask()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"results": 3}',
        b'{"results": [{"statement_id": 7, "series": [{"columns": ["time"], "values": []}]}]}',
        b"[" * 5000,
        b'{"more": ' + b"[" * 5000,
        b'{"results": [{"statement_id": 0, "series": [{"columns": ["time"], "values": [[' + b"[" * 5000,
        b'{"results": [{"statement_id": 0, "error": "query timeout"}]}',
        b'{"error": "database not found"}',
    ],
)
def test_no_text_can_either(told: Told, text: bytes) -> None:
    told.server.tells = text
    with pytest.raises(ShekaraError):
        told.reader.history(KEY, "air", START, END, 10)


def test_a_server_that_gives_the_same_page_for_ever_is_left(told: Told) -> None:
    row = [1_000, 1.0, 0, 0.0, "Cel", None]
    told.tell({"name": "reading", "columns": ["time", "v", "q", "delay", "unit", "historical"], "values": [row] * 3})
    with pytest.raises(WireError, match="what was asked for"):
        list(told.reader.points(KEY, "air", START, END, page_rows=3))
