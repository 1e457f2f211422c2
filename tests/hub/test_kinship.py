"""What devices have in common: one identity under two keys, and one camera found in several ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.decisions.identity import describe, differences, fingerprint, likely_tokens, unique_tokens
from hub.decisions.kinship import MAX_KIN, Kinship
from hub.protocol import ConflictKind
from hub.requests import Propose, Refuse
from sensors.catalog import CAMERA as CAMERA_KIND
from sensors.errors import ConflictError
from sensors.identity import identity_mark
from sensors.model import Birth, DeviceKey, Names, Stream, StreamRole
from tests.hub.keeping_center import (
    OWN,
    PICTURE,
    KeepingCenter,
    approved,
    conflicts,
    settle,
    view,
)
from tests.hub.quiet_center import CAMERA, FENCE, device


def test_one_serial_number_under_two_keys_is_shown_on_both_and_merged_in_neither() -> None:
    center = approved()
    copy = device("fence-2")
    center.bear(copy, OWN)
    assert conflicts(center) == conflicts(center, copy) == [ConflictKind.SHARED]
    assert [view(center).conflicts[0].others, view(center, copy).conflicts[0].others] == [(copy,), (FENCE,)]
    center.ask(Refuse(copy, "marat", "a copy"))
    assert conflicts(center) == conflicts(center, copy) == []
    assert len(center.state.registry.devices) == 2


def test_a_shared_identity_that_a_technician_dismissed_stays_dismissed_on_both() -> None:
    center = approved()
    copy = device("fence-2")
    center.bear(copy, OWN)
    settle(center, accepted=False)
    center.bear(copy, replace(OWN, firmware="2"))
    assert conflicts(center) == conflicts(center, copy) == []


def test_what_shares_nothing_can_not_be_accepted() -> None:
    center = approved()
    center.bear(device("fence-2"), OWN)
    with pytest.raises(ConflictError, match="no other identity"):
        settle(center, accepted=True)


def test_the_same_camera_found_in_several_ways_looks_the_same_and_is_not_merged() -> None:
    center = KeepingCenter()
    found, told = device("entry-1a2b3c", "unassigned"), CAMERA
    center.ask(Propose(found, PICTURE, "mdns"))
    center.bear(told, PICTURE)
    by_mac = device("entry-4d5e6f", "unassigned")
    center.ask(Propose(by_mac, Birth(CAMERA_KIND, Names(), identities=("MAC:00-40-8C-01-02-03",)), "onvif"))
    center.bear(device("cam-2"), replace(PICTURE, streams=(), serial="8", identities=("mac:00:40:8c:01:02:03",)))
    assert view(center, found).same_as == (told,)
    assert view(center, told).same_as == (found,)
    assert view(center, by_mac).same_as == (device("cam-2"),)
    assert conflicts(center, told) == conflicts(center, found) == []


def test_two_services_of_one_camera_look_alike_to_the_search_that_found_both() -> None:
    center = KeepingCenter()
    by_name, by_mac = device("entry", "unassigned"), device("axis", "unassigned")
    center.ask(Propose(by_name, PICTURE, "mdns"))
    center.ask(Propose(by_mac, replace(PICTURE, serial="", identities=("mac:00408c010203",)), "mdns"))
    assert (view(center, by_name).same_as, view(center, by_mac).same_as) == ((by_mac,), (by_name,))


def test_many_cameras_of_one_recorder_stay_bounded() -> None:
    center = KeepingCenter()
    for number in range(40):
        center.bear(device(f"cam-{number}"), replace(PICTURE, serial=str(number + 10_000)))
    center.ask(Propose(CAMERA, replace(PICTURE, serial="x"), "mdns"))
    found = device("found", "unassigned")
    center.ask(Propose(found, PICTURE, "onvif"))
    assert len(view(center, found).same_as) == MAX_KIN


births = st.builds(
    Birth,
    kind=st.sampled_from(["camera", "fence"]),
    names=st.just(Names()),
    maker=st.sampled_from(["", "E", "F"]),
    model=st.sampled_from(["", "1", "\x00\n"]),
    serial=st.sampled_from(["", "0", "a", "b"]) | st.text(max_size=200),
    identities=st.lists(st.text(max_size=64) | st.sampled_from(["mac:00:40:8c:01:02:03"]), max_size=8).map(tuple),
    streams=st.lists(
        st.builds(
            Stream,
            st.just(StreamRole.MAIN),
            st.sampled_from(["rtsp://a/", "rtsp://[::1", "rtsp://b/"]) | st.text(max_size=60),
        ),
        max_size=8,
    ).map(tuple),
)


@given(births, births)
def test_differences_are_found_between_different_identities_alone(one: Birth, other: Birth) -> None:
    assert differences(one, one) == ()
    if fingerprint(one) == fingerprint(other):
        assert differences(one, other) == ()
    text = describe(differences(one, other))
    assert len(text) <= 300
    assert text.isprintable()
    assert all(unique_tokens(each) == tuple(sorted(set(unique_tokens(each)))) for each in (one, other))
    assert len(likely_tokens(one)) <= 8


@given(st.lists(st.tuples(st.integers(0, 5), st.frozensets(st.sampled_from("abcd"), max_size=3)), max_size=40))
def test_kin_are_those_with_a_token_in_common(steps: list[tuple[int, frozenset[str]]]) -> None:
    kinship, model = Kinship(), dict[DeviceKey, frozenset[str]]()
    for number, tokens in steps:
        key = device(f"d-{number}")
        kinship.place(key, sorted(tokens))
        model[key] = tokens
        for each, own in model.items():
            wanted = {(other, token) for other in model if other != each for token in own & model[other]}
            assert set(kinship.kin(each)) == wanted


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("MAC:00-40-8C-01-02-03", "mac:00408c010203"),
        ("00:40:8c:01:02:03", "mac:00408c010203"),
        ("00408C010203", "mac:00408c010203"),
        ("00:00:00:00:00:00", ""),
        ("ff:ff:ff:ff:ff:ff", ""),
        ("UUID:1419D68A-1DD2-11B2-A105-000000000000", "urn:uuid:1419d68a-1dd2-11b2-a105-000000000000"),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", ""),
        (" Esphome-12 ", "esphome-12"),
        ("", ""),
    ],
)
def test_one_identity_has_one_spelling(text: str, mark: str) -> None:
    assert identity_mark(text) == mark
