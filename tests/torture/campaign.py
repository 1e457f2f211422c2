"""Kills under load: hub, broker, or both, at random points that are counted in confirmations, not in seconds."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from hub.brokers.mosquitto import Place, write_configuration
from sensors.broker_settings import BrokerSettings
from tests.support.brokers import free_port
from tests.support.influx_servers import BUCKET, Influxd
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually
from tests.torture.balance import in_database, in_store, strike
from tests.torture.gateway import Gateway
from tests.torture.ledger import Entry, Ledger
from tests.torture.parts import HubProcess

WITHIN_S = 60.0
_DEVICES, _WINDOW = 5, 1_000
_MOST_BETWEEN = 500
"""Confirmations from one kill to the next, at most."""


class Victim(StrEnum):
    """Who is killed."""

    HUB = "hub"
    BROKER = "broker"
    BOTH = "both"


class Outcome(NamedTuple):
    """How it ended. `lost` and `twice` are samples, in the hub's store and in the database together."""

    kills: Counter[Victim]
    acknowledged: int
    receipted: int
    stored: int
    sent_again: int
    lost: frozenset[Entry]
    twice: frozenset[Entry]


class _Rig(NamedTuple):
    hub: HubProcess
    broker: Mosquitto
    database: Influxd
    ledger: Ledger
    gateway: Gateway


def torture(folder: Path, kills: int, seed: int, *, trusting: bool = False) -> Outcome:
    """Kill so many times, let all of it recover, and strike the balance.

    `trusting`: with a gateway that believes its broker, and a broker that keeps nothing on a disk, as many do.
    """
    chance = random.Random(seed)  # noqa: S311 - when to kill is no secret
    done: Counter[Victim] = Counter()
    lost: set[Entry] = set()
    with _standing(folder, trusting=trusting) as rig:
        for _ in range(kills):
            _await_confirmations(rig, chance.randint(1, _MOST_BETWEEN))
            victim = chance.choice([*Victim])
            _kill(rig, victim)
            lost |= strike(rig.ledger.read().by_hub, in_store(rig.hub.store)).lost
            _start_again(rig, victim, broker_first=chance.random() < 0.5)
            done[victim] += 1
        stored = _settle(rig)
        eventually(lambda: len(in_database(rig.database)) >= len(stored), within_s=WITHIN_S, what="the drain")
        rig.gateway.end()
        assert rig.hub.stop() == 0, rig.hub.log.read_text()
        promised = rig.ledger.read()
        acknowledged = promised.by_broker | promised.by_hub
        balances = [strike(acknowledged, in_store(rig.hub.store)), strike(acknowledged, in_database(rig.database))]
        return Outcome(
            kills=done,
            acknowledged=len(acknowledged),
            receipted=len(promised.by_hub),
            stored=len(stored),
            sent_again=rig.gateway.sent_again_total,
            lost=frozenset(lost.union(*(balance.lost for balance in balances))),
            twice=frozenset().union(*(balance.twice for balance in balances)),
        )


def _settle(rig: _Rig) -> Counter[Entry]:
    """What is stored when all of it stands again and nothing is on its way any more: messages come in order."""
    mark = rig.gateway.newest.sequence
    eventually(
        lambda: any(sequence > mark for _, sequence in in_store(rig.hub.store)), within_s=WITHIN_S, what="new samples"
    )
    rig.gateway.measure_no_more()
    eventually(lambda: rig.gateway.spooled == 0, within_s=WITHIN_S, what="a confirmation for every sample")
    newest = rig.gateway.newest
    eventually(lambda: newest in in_store(rig.hub.store), within_s=WITHIN_S, what="the last sample")
    return in_store(rig.hub.store)


def _await_confirmations(rig: _Rig, more: int) -> None:
    aim = rig.ledger.entries_total + more
    eventually(
        lambda: rig.ledger.entries_total >= aim or not rig.hub.alive, within_s=WITHIN_S, what=f"{more} confirmations"
    )
    assert rig.hub.alive, f"the hub has ended by itself: {rig.hub.log.read_text()}"


def _kill(rig: _Rig, victim: Victim) -> None:
    if victim is not Victim.BROKER:
        rig.hub.kill()
    if victim is not Victim.HUB:
        rig.broker.kill()


def _start_again(rig: _Rig, victim: Victim, *, broker_first: bool) -> None:
    if victim is not Victim.HUB and broker_first:
        rig.broker.start()
    if victim is not Victim.BROKER:
        rig.hub.start()
    if victim is not Victim.HUB and not broker_first:
        rig.broker.start()


@contextmanager
def _standing(folder: Path, *, trusting: bool) -> Iterator[_Rig]:
    """Everything started and subscribed, and nothing left running."""
    with ExitStack() as stack:
        database = Influxd(folder / "influxd")
        database.start()
        stack.callback(database.stop)
        database.query(f"CREATE DATABASE {BUCKET}")
        port = free_port()
        settings = BrokerSettings(url=f"mqtt://127.0.0.1:{port}")
        careful = write_configuration(settings, None, Place(folder, folder))
        careless = f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0"
        broker = Mosquitto(folder, careless if trusting else careful, port)
        broker.start()
        stack.callback(broker.kill)
        hub = HubProcess(
            folder,
            {
                "SHEKARA_BROKER_URL": settings.url,
                "SHEKARA_HUB_PORT": "0",
                "SHEKARA_INFLUX_URL": database.url,
                "SHEKARA_INFLUX_BUCKET": BUCKET,
            },
        )
        hub.start()
        stack.callback(hub.kill)
        eventually(lambda: hub.subscribed, within_s=WITHIN_S, what="the hub's subscription")
        ledger = stack.enter_context(Ledger(folder / "ledger.txt"))
        gateway = Gateway(port, ledger, devices=_DEVICES, window=_WINDOW, trusting=trusting)
        gateway.start()
        stack.callback(gateway.end)
        yield _Rig(hub, broker, database, ledger, gateway)
