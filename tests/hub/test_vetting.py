"""Who a device is: what changes an identity is held, shown and logged, and never silently taken or merged."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.decisions.dialects import Dialects
from hub.decisions.vetting import INTRODUCE_WITHIN_S, LOG_INTERVAL_S, MAX_CONFLICTS, MAX_SETTLED
from hub.protocol import Approval, ConflictKind, DevicesChanged
from hub.requests import Approve, Propose, Retire, Settle
from hub.storage.operations import OperationsStore
from sensors.catalog import CAMERA as CAMERA_KIND
from sensors.catalog import GATEWAY as GATEWAY_KIND
from sensors.errors import ConflictError
from sensors.model import Birth, Names
from sensors.topics import Leaf
from tests.hub.keeping_center import (
    ELSEWHERE,
    OTHER,
    OWN,
    PICTURE,
    THIRD,
    KeepingCenter,
    approved,
    conflicts,
    mark,
    restarted,
    settle,
    view,
)
from tests.hub.quiet_center import CAMERA, FENCE, GATEWAY, QuietCenter, device, entries, kinds
from tests.hub.toy_dialect import ToyDialect
from videowall.plan import Feed


def test_an_approved_device_that_says_it_is_another_is_not_believed_and_keeps_its_limits() -> None:
    center = approved()
    effects = center.bear(FENCE, replace(OTHER, metrics=()))
    assert (view(center).serial, conflicts(center)) == ("100", [ConflictKind.CHANGED])
    assert "serial 100 → 200" in view(center).conflicts[0].text
    (entry,) = [each for each in entries(effects) if each.kind == "device-conflict"]
    assert (entry.key, "serial 100 → 200" in entry.text) == (FENCE, True)
    center.measure(FENCE, {"tension": 99.0})
    assert {alarm.limit for alarm in center.alarms} == {"too-high", "in-doubt"}


def test_a_technician_accepts_the_change_and_the_doubt_is_over() -> None:
    center = approved()
    center.bear(FENCE, OTHER)
    effects = settle(center, accepted=True)
    assert (view(center).serial, conflicts(center)) == ("200", [])
    (entry,) = [each for each in entries(effects) if each.kind == "device-change-accepted"]
    assert (entry.who, entry.text) == ("marat", "Fence: serial 100 → 200: looked")
    assert [alarm.state for alarm in center.alarms] == ["returned-unacknowledged"]
    center.bear(FENCE, OWN)
    assert conflicts(center) == [ConflictKind.CHANGED]


def test_a_dismissed_change_is_not_raised_again_but_another_one_is() -> None:
    center = approved()
    center.bear(FENCE, OTHER)
    assert "device-conflict-dismissed" in kinds(settle(center, accepted=False))
    effects = center.bear(FENCE, OTHER)
    assert (view(center).serial, conflicts(center), kinds(effects)) == ("100", [], [])
    center.bear(FENCE, THIRD)
    assert conflicts(center) == [ConflictKind.CHANGED]


def test_a_late_order_cannot_accept_a_newer_change() -> None:
    center = approved()
    center.bear(FENCE, OTHER)
    late = mark(center)
    center.bear(FENCE, THIRD)
    with pytest.raises(ConflictError):
        center.ask(Settle(FENCE, late, "marat", "", accepted=True))
    assert view(center).serial == "100"


def test_a_camera_whose_stream_moves_to_another_host_keeps_its_old_address_on_the_wall() -> None:
    center = approved(PICTURE, CAMERA)
    center.bear(CAMERA, ELSEWHERE)
    assert [stream.url for stream in view(center, CAMERA).streams] == ["rtsp://10.0.0.5/main"]
    assert conflicts(center, CAMERA) == [ConflictKind.CHANGED]
    plans = center.state.walls.plans.values()
    feeds = [tile for plan in plans for tile in plan.tiles if isinstance(tile, Feed)]
    assert {stream.url for feed in feeds for stream in feed.streams} == {"rtsp://10.0.0.5/main"}


@pytest.mark.parametrize(
    "said",
    [
        replace(OWN, firmware="2.0", names=Names(en="Renamed")),
        replace(OWN, metrics=OWN.metrics[:1]),
        replace(OWN, identities=("mac:00:40:8c:01:02:03",)),
        replace(OWN, streams=PICTURE.streams),
    ],
    ids=["firmware and name", "metrics", "one more identity", "streams where none were"],
)
def test_what_is_no_part_of_the_identity_or_was_not_said_before_is_believed_at_once(said: Birth) -> None:
    center = approved()
    center.bear(FENCE, said)
    assert conflicts(center) == []
    assert center.state.registry.devices[FENCE].birth == said


@pytest.mark.parametrize(
    "said",
    [
        replace(OWN, kind="weather"),
        replace(OWN, serial=""),
        replace(OWN, maker="Another"),
        replace(OWN, model=""),
    ],
    ids=["kind", "no serial", "maker", "no model"],
)
def test_leaving_out_is_as_doubtful_as_saying_something_else(said: Birth) -> None:
    center = approved()
    center.bear(FENCE, said)
    assert conflicts(center) == [ConflictKind.CHANGED]


def test_both_alive_under_one_key_are_two_sources() -> None:
    center = approved()
    center.bear(FENCE, OTHER)
    center.hear(FENCE, Leaf.BIRTH, b"", retained=True)
    center.bear(FENCE, OWN)
    assert conflicts(center) == [ConflictKind.TWO_SOURCES]
    assert view(center).serial == "100"
    center.bear(FENCE, OTHER)
    assert conflicts(center) == [ConflictKind.TWO_SOURCES]


def test_births_that_take_turns_are_two_sources_before_anybody_approved_one() -> None:
    center = KeepingCenter()
    for birth in (OWN, OTHER):
        center.bear(FENCE, birth)
    assert conflicts(center) == []
    center.bear(FENCE, OWN)
    assert conflicts(center) == [ConflictKind.TWO_SOURCES]
    assert center.alarms == ()
    center.ask(Approve(FENCE, "marat", "the left one"))
    assert conflicts(center) == []
    center.bear(FENCE, OTHER)
    assert conflicts(center) == [ConflictKind.CHANGED]


def test_a_change_a_minute_is_logged_however_often_it_comes() -> None:
    center = approved()
    effects = [center.bear(FENCE, replace(OWN, serial=str(number))) for number in range(200, 260)]
    assert [kinds(each).count("device-conflict") for each in effects] == [1, *[0] * 59]
    assert len(view(center).conflicts) == 1
    center.wait(LOG_INTERVAL_S)
    assert "device-conflict" in kinds(center.bear(FENCE, OTHER))


def test_a_device_that_never_says_who_it_is_is_marked_after_a_while_and_cleared_by_its_birth(tmp_path: Path) -> None:
    center = KeepingCenter()
    center.measure(FENCE, {"tension": 1.0})
    assert conflicts(center) == []
    assert "device-conflict" in kinds(center.wait(INTRODUCE_WITHIN_S))
    assert conflicts(center) == [ConflictKind.UNINTRODUCED]
    assert "device-conflict" not in kinds(center.wait(INTRODUCE_WITHIN_S))
    again = restarted(center, tmp_path)
    again.measure(FENCE, {"tension": 1.0})
    assert "device-conflict" not in kinds(again.wait(INTRODUCE_WITHIN_S))
    assert conflicts(again) == [ConflictKind.UNINTRODUCED]
    again.bear(FENCE, OWN)
    assert conflicts(again) == []


def guarded() -> KeepingCenter:
    """A post whose gateway is approved."""
    return approved(Birth(GATEWAY_KIND, Names(en="Gateway"), serial="G"), GATEWAY)


def test_a_new_device_that_no_approved_gateway_carries_is_a_rogue_until_somebody_decides() -> None:
    center = guarded()
    center.bear(FENCE, OWN)
    assert conflicts(center) == [ConflictKind.ROGUE]
    center.ask(Approve(FENCE, "marat", "has a line of its own"))
    assert conflicts(center) == []
    second = device("gateway-2")
    center.bear(second, Birth(GATEWAY_KIND, Names(en="Gateway"), serial="H"))
    assert conflicts(center, second) == [ConflictKind.ROGUE]
    through = device("weather")
    center.bear(through, replace(OWN, serial="W", via="gateway-2"))
    assert "gateway-2" in view(center, through).conflicts[0].text


def test_what_an_approved_gateway_carries_or_the_hub_found_itself_is_no_rogue() -> None:
    center = guarded()
    center.bear(FENCE, replace(OWN, via="gateway"))
    center.ask(Propose(CAMERA, PICTURE, "onvif"))
    assert conflicts(center) == conflicts(center, CAMERA) == []


def test_a_gateway_approved_later_makes_rogues_of_those_it_does_not_carry() -> None:
    center = KeepingCenter()
    center.bear(GATEWAY, Birth(GATEWAY_KIND, Names(en="Gateway"), serial="G"))
    center.bear(FENCE, OWN)
    assert conflicts(center) == []
    center.ask(Approve(GATEWAY, "marat", ""))
    assert conflicts(center) == [ConflictKind.ROGUE]


def test_another_dialect_that_introduces_itself_as_a_device_is_not_heard_and_is_a_second_source() -> None:
    center = QuietCenter(dialects=Dialects([ToyDialect(FENCE)]))
    center.bear(FENCE, OWN)
    center.take(center.message("toy/birth", b""))
    assert (view(center).kind, conflicts(center)) == ("fence", [ConflictKind.TWO_SOURCES])
    assert "speaks over mqtt" in view(center).conflicts[0].text
    with pytest.raises(ConflictError):
        settle(center, accepted=True)
    settle(center, accepted=False)
    center.take(center.message("toy/birth", b""))
    assert conflicts(center) == []


def test_a_find_that_says_less_than_is_known_contradicts_nothing() -> None:
    center = KeepingCenter()
    center.ask(Propose(CAMERA, PICTURE, "onvif"))
    center.ask(Approve(CAMERA, "marat", ""))
    center.ask(Propose(CAMERA, Birth(CAMERA_KIND, Names(en="Entry")), "onvif", whole=False))
    assert (view(center, CAMERA).serial, conflicts(center, CAMERA)) == ("7", [])
    center.ask(Propose(CAMERA, ELSEWHERE, "onvif"))
    assert conflicts(center, CAMERA) == [ConflictKind.CHANGED]


def test_retiring_ends_alarms_and_pictures_and_keeps_the_readings() -> None:
    center = approved(PICTURE, CAMERA)
    center.bear(FENCE, OWN)
    center.ask(Approve(FENCE, "marat", ""))
    center.measure(FENCE, {"tension": 99.0})
    _, effects = center.ask(Retire(FENCE, "marat", "dug up"))
    assert "device-retired" in kinds(effects)
    assert [alarm.state for alarm in center.alarms] == ["returned-unacknowledged"]
    effects = center.measure(FENCE, {"tension": 98.0})
    assert len(effects.readings) == 1
    assert [alarm.state for alarm in center.alarms] == ["returned-unacknowledged"]
    assert {each.metric: each.value for each in center.state.stand().metrics} == {"tension": 98.0}
    center.ask(Retire(CAMERA, "marat", "sold"))
    assert all(not plan.tiles for plan in center.state.walls.plans.values())
    center.ask(Approve(CAMERA, "marat", "back"))
    assert any(plan.tiles for plan in center.state.walls.plans.values())


def test_a_retired_devices_silence_is_nobodys_business() -> None:
    center = approved()
    center.measure(FENCE, {"tension": 1.0})
    center.ask(Retire(FENCE, "marat", ""))
    assert "device-silent" not in kinds(center.wait(1000))
    assert view(center).liveness == "silent"


def test_only_what_was_in_service_is_retired() -> None:
    center = KeepingCenter()
    center.bear(FENCE, OWN)
    with pytest.raises(ConflictError):
        center.ask(Retire(FENCE, "marat", ""))


def test_a_retired_device_cannot_come_back_as_another() -> None:
    center = approved()
    center.ask(Retire(FENCE, "marat", ""))
    center.bear(FENCE, OTHER)
    center.ask(Approve(FENCE, "marat", ""))
    assert (view(center).serial, conflicts(center)) == ("100", [ConflictKind.CHANGED])


def test_a_withdrawn_device_that_nobody_approved_is_gone_from_registry_feed_and_disk(tmp_path: Path) -> None:
    center = KeepingCenter()
    center.bear(FENCE, OWN)
    center.measure(FENCE, {"tension": 1.0})
    effects = center.hear(FENCE, Leaf.BIRTH, b"")
    assert FENCE not in center.state.registry.devices
    assert [each.removed for each in effects.live if isinstance(each, DevicesChanged)] == [(FENCE,)]
    assert center.state.stand().metrics == ()
    assert "device-withdrawn" in kinds(effects)
    assert restarted(center, tmp_path).state.registry.devices == {}


def test_a_withdrawn_device_that_was_approved_is_offline_and_stays(tmp_path: Path) -> None:
    center = approved()
    effects = center.hear(FENCE, Leaf.BIRTH, b"")
    assert {"device-withdrawn", "device-offline"} <= set(kinds(effects))
    assert view(center).liveness == "offline"
    assert FENCE in restarted(center, tmp_path).state.registry.devices


def test_what_comes_and_goes_and_comes_in_one_batch_is_there(tmp_path: Path) -> None:
    center = KeepingCenter()
    center.bear(FENCE, OWN)
    name = "shekara/v1/kordai/fence-1/birth"
    effects = center.take(center.message(name, b""), center.message(name, b'{"kind":"fence","names":{}}'))
    (changed,) = [each for each in effects.live if isinstance(each, DevicesChanged)]
    assert ([each.key for each in changed.devices], changed.removed) == ([FENCE], ())
    assert FENCE in restarted(center, tmp_path).state.registry.devices


def test_doubts_held_births_and_decisions_outlive_a_restart(tmp_path: Path) -> None:
    center = approved()
    center.bear(FENCE, OTHER)
    settle(center, accepted=False)
    center.bear(FENCE, THIRD)
    again = restarted(center, tmp_path)
    assert (conflicts(again), view(again).serial) == ([ConflictKind.CHANGED], "100")
    again.bear(FENCE, OTHER)
    assert len(view(again).conflicts) == 1
    settle(again, accepted=True)
    assert view(again).serial == "300"
    assert [alarm.state for alarm in again.alarms] == ["returned-unacknowledged"]


def test_a_file_of_the_first_version_is_opened_and_its_devices_kept(tmp_path: Path) -> None:
    center = approved()
    restarted(center, tmp_path)
    store = OperationsStore(tmp_path)
    store._connection.executescript("DROP TABLE doubts; PRAGMA user_version=1;")
    store.close()
    store = OperationsStore(tmp_path)
    remembered = store.recall()
    store.close()
    assert [(record.key, record.approval) for record in remembered.devices] == [(FENCE, Approval.APPROVED)]


def test_a_stranger_who_claims_everything_costs_a_bounded_amount() -> None:
    center = approved()
    for number in range(60):
        center.bear(FENCE, replace(OWN, serial=str(number + 200)))
        settle(center, accepted=False)
    doubts = center.state.registry.devices[FENCE].doubts
    assert len(doubts.settled) == MAX_SETTLED
    assert len(doubts.conflicts) <= MAX_CONFLICTS
