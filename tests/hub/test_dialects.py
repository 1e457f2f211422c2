"""Any dialect in the hub: its devices are devices like any other, on the connection that it needs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.client import MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from hub.decisions.dialects import MAIN, Dialects
from hub.decisions.state import Outgoing, Wish
from hub.ingest.connection import Terms
from hub.ingest.door import connections
from hub.inputs import Connected, Disconnected
from hub.protocol import Liveness
from hub.requests import SendCommand
from sensors.dialects.dialect import Filter
from sensors.dialects.native import CommandPayload
from sensors.errors import UnavailableError, WireError
from sensors.model import Birth, Metric, MetricType, Names, Quality
from sensors.topics import EVERYTHING
from tests.hub.doorstep import doorstep
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, START, QuietCenter
from tests.hub.toy_dialect import TOY, TOY_BIRTH, ToyDialect
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually


def toy_center(dialect: ToyDialect | None = None) -> QuietCenter:
    return QuietCenter(dialects=Dialects([dialect or ToyDialect()]))


def say(center: QuietCenter, topic: str, payload: bytes, *, retained: bool = False) -> None:
    center.said = center.take(center.message(topic, payload, retained=retained))


def test_a_device_of_a_foreign_dialect_is_a_device_like_any_other() -> None:
    center = toy_center()
    say(center, "toy/birth", b"")
    say(center, "toy/level", b"7")
    device = center.state.registry.devices[TOY]
    assert (device.birth, device.provenance, device.liveness) == (TOY_BIRTH, ("toy",), Liveness.ONLINE)
    assert [(reading.value, reading.unit) for reading in center.said.readings] == [(7.0, "mm")]


def test_a_message_on_which_a_dialect_fails_is_refused_and_the_next_one_is_heard() -> None:
    """It would come again after every start of the hub, and end it again."""
    center = toy_center()
    say(center, "toy/birth", b"")
    for payload, error in ((b"\xff", "UnicodeDecodeError"), ("²".encode(), "ValueError")):
        say(center, "toy/level", payload)
        (rejected,) = center.state.rejections.newest(1)
        assert (rejected.topic, rejected.reason) == ("toy/level", f"toy fails on it, see the hub's log: {error}")
    assert center.state.rejections.total == 2
    say(center, "toy/level", b"7")
    assert [reading.value for reading in center.said.readings] == [7.0]


def test_a_value_that_the_broker_remembers_is_shown_as_uncertain_and_neither_stored_nor_newer_than_a_live_one() -> None:
    center = toy_center()
    say(center, "toy/birth", b"")
    say(center, "toy/level", b"3", retained=True)
    assert center.said.readings == []
    (view,) = center.state.values.views
    assert (view.value, view.quality) == (3.0, Quality.UNCERTAIN)
    say(center, "toy/level", b"7")
    say(center, "toy/level", b"3", retained=True)
    (view,) = center.state.values.views
    assert (view.value, view.quality) == (7.0, Quality.GOOD)


def test_what_a_dialect_wants_to_hear_and_say_goes_to_the_connection_it_speaks_on() -> None:
    for mortal, connection in ((False, MAIN), (True, "toy")):
        center = toy_center(ToyDialect(mortal=mortal))
        effects = center.take(Connected(center.now, START, connection))
        said = Outgoing("toy/host", b"here 2026-03-01T08:00:00+00:00", True, 1, connection)
        assert said in effects.outgoing
        say(center, "toy/more", b"elsewhere/7")
        assert center.said.wishes == [Wish("elsewhere/7", wanted=True, connection=connection)]
        say(center, "elsewhere/7", b"5")
        assert [reading.value for reading in center.said.readings] == [5.0]
        say(center, "toy/less", b"elsewhere/7")
        assert center.said.wishes == [Wish("elsewhere/7", wanted=False, connection=connection)]
        assert center.center.end(center.now).outgoing[-1].payload == b"gone"


def test_a_topic_of_an_earlier_run_that_nobody_claims_is_rejected_and_let_go() -> None:
    center = toy_center()
    say(center, "old/topic", b"5")
    assert center.said.wishes == [Wish("old/topic", wanted=False, connection=MAIN)]
    assert "no dialect claims" in center.state.rejections.newest(1)[0].reason


def test_time_passes_for_dialects_too() -> None:
    dialect = ToyDialect()
    toy_center(dialect).wait(1.0)
    assert dialect.ticks == 1


def test_no_dialect_speaks_for_the_devices_of_another_but_it_may_add_what_they_do_not_say() -> None:
    center = toy_center(ToyDialect(FENCE))
    center.bear(FENCE, FENCE_BIRTH)
    say(center, "toy/birth", b"")
    assert center.state.registry.devices[FENCE].birth == FENCE_BIRTH
    assert "speaks over mqtt" in center.state.rejections.newest(1)[0].reason
    say(center, "toy/level", b"7")
    assert [reading.metric for reading in center.said.readings] == ["level"]
    center.bear(FENCE, Birth("fence", Names(), metrics=(Metric("level", MetricType.NUMBER),)))
    say(center, "toy/level", b"8")
    assert center.said.readings == []
    assert "said over mqtt" in center.state.rejections.newest(1)[0].reason


def test_a_command_is_said_in_the_words_of_the_devices_dialect() -> None:
    center = toy_center()
    center.take(Connected(center.now, START))
    say(center, "toy/birth", b"")
    _, effects = center.ask(SendCommand(TOY, CommandPayload("1", "jump"), "marat"))
    assert effects.outgoing[-1] == Outgoing("toy/toy-1/do", b"jump", retained=False)
    with pytest.raises(WireError, match="only jumps"):
        center.ask(SendCommand(TOY, CommandPayload("2", "sing"), "marat"))


def test_a_command_is_refused_while_the_connection_of_the_devices_dialect_is_broken() -> None:
    center = toy_center(ToyDialect(mortal=True))
    center.take(Connected(center.now, START), Connected(center.now, START, "toy"))
    say(center, "toy/birth", b"")
    center.take(Disconnected(center.now, "toy"))
    with pytest.raises(UnavailableError, match="not connected"):
        center.ask(SendCommand(TOY, CommandPayload("1", "jump"), "marat"))


def test_dialects_share_the_persistent_connection_unless_they_have_a_will() -> None:
    assert connections(Dialects([ToyDialect()])) == {MAIN: Terms((Filter(EVERYTHING), Filter("toy/#")))}
    mortal = ToyDialect(mortal=True)
    assert connections(Dialects([mortal])) == {
        MAIN: Terms((Filter(EVERYTHING),)),
        "toy": Terms(mortal.filters, persistent=False, will=mortal.will),
    }


@contextmanager
def passer_by(port: int, *filters: str) -> Iterator[tuple[mqtt.Client, dict[str, bytes]]]:
    """A foreign client and what it last heard on each topic."""
    heard: dict[str, bytes] = {}
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _, __, message: heard.update({message.topic: bytes(message.payload)})
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe([(each, 1) for each in filters])
    assert ready.wait(60)
    try:
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("version", [MQTTv5, MQTTv311])
def test_topics_are_wanted_on_every_connection_to_come_until_they_are_not(tmp_path: Path, version: int) -> None:
    wish = Wish("elsewhere/7", wanted=True, connection=MAIN)
    with (
        running_mosquitto(tmp_path) as port,
        passer_by(port, "toy/#") as (client, _),
        doorstep(port, Dialects([ToyDialect()]), (version,)) as step,
    ):

        def arrives(topic: str) -> bool:
            client.publish(topic, b"1", qos=1).wait_for_publish(60)
            return topic in step.listen()

        step.door.listen([wish])
        eventually(lambda: arrives("elsewhere/7"), what="the wanted topic")
        step.intakes[MAIN]._connection.cut()  # type: ignore[union-attr]  # it is connected
        step.connected.clear()
        eventually(step.stands, what="the next connection")
        step.heard.clear()
        eventually(lambda: arrives("elsewhere/7"), what="the wanted topic again")
        step.door.listen([wish._replace(wanted=False)])

        def goes_unheard() -> bool:
            step.heard.clear()
            client.publish("elsewhere/7", b"1", qos=1).wait_for_publish(60)
            eventually(lambda: arrives("toy/marker"), what="what was said after it")
            return "elsewhere/7" not in step.heard

        eventually(goes_unheard, what="the topic being let go")


def test_a_dialect_with_a_will_is_missed_when_its_connection_breaks(tmp_path: Path) -> None:
    dialect = ToyDialect(mortal=True)
    with (
        running_mosquitto(tmp_path) as port,
        passer_by(port, "toy/host") as (_, heard),
        doorstep(port, Dialects([dialect])) as step,
    ):
        step.door.publish(Outgoing("toy/host", b"here", True, 1, "toy"))
        eventually(lambda: heard.get("toy/host") == b"here")
        step.intakes["toy"]._connection.cut()  # type: ignore[union-attr]  # it is connected
        eventually(lambda: heard["toy/host"].startswith(b"lost "), what="the will")
