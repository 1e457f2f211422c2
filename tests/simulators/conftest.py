"""Fixtures of the simulator tests: a broker, and cameras."""

from collections.abc import Iterator

import pytest

from tests.support.brokers import running_broker
from tests.support.camera_stand import Stand


@pytest.fixture(scope="module")
def running_stand() -> Iterator[Stand]:
    with Stand() as stand:
        yield stand


@pytest.fixture
def stand(running_stand: Stand) -> Iterator[Stand]:
    """The running cameras, all well before and after each test."""
    yield running_stand
    running_stand.mend()


@pytest.fixture(scope="module")
def broker_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_broker(tmp_path_factory.mktemp("broker")) as port:
        yield port


@pytest.fixture
def never_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, no stream leaves out time that it has missed, which its timestamps would show."""
    monkeypatch.setattr("simulators.cameras.broadcast._LATE_S", 600.0)
