"""What a gateway is told of its samples, decided without a broker or a disk."""

import msgspec

from hub.decisions.receipts import INTERVAL_S, MAX_GATHERED
from hub.decisions.records import Remembered
from hub.decisions.state import Effects
from sensors.dialects import native
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceKey, Names
from sensors.receipts import MAX_RANGES, Receipt, decode_receipt
from sensors.topics import Leaf
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, GATEWAY, START, QuietCenter, device

GATEWAY_BIRTH = Birth(kind="gateway", names=Names(en="Gateway"), receipts=True)
CARRIED = msgspec.structs.replace(FENCE_BIRTH, via="gateway")


def told(effects: Effects) -> dict[str, Receipt]:
    """By topic, the receipts among what leaves."""
    receipts = {}
    for outgoing in effects.outgoing:
        if outgoing.topic.endswith("/stored"):
            receipt = decode_receipt(outgoing.payload)
            assert isinstance(receipt, Receipt)
            assert (outgoing.qos, outgoing.retained) == (1, False)
            receipts[outgoing.topic] = receipt
    return receipts


def with_gateway(birth: Birth = GATEWAY_BIRTH) -> QuietCenter:
    center = QuietCenter()
    center.bear(GATEWAY, birth)
    center.bear(FENCE, CARRIED)
    return center


OF_GATEWAY = "shekara/v1/kordai/gateway/stored"


def test_a_gateway_that_asks_is_told_what_is_stored_of_itself_and_of_what_it_carries() -> None:
    center = with_gateway()
    assert told(center.measure(FENCE, {"tension": 1.0}, sequence=7)) == {OF_GATEWAY: Receipt({"fence-1": ((7, 7),)})}
    for number in (8, 9, 11):
        assert told(center.measure(FENCE, {"tension": 1.0}, sequence=number)) == {}
    center.measure(GATEWAY, {"load": 1.0}, sequence=3)
    receipts = told(center.wait(INTERVAL_S))
    assert receipts == {OF_GATEWAY: Receipt({"fence-1": ((8, 9), (11, 11)), "gateway": ((3, 3),)})}
    assert told(center.wait(INTERVAL_S)) == {}


def test_what_is_already_stored_is_told_again() -> None:
    center = with_gateway()
    for _ in range(2):
        effects = center.measure(FENCE, {"tension": 1.0}, at=START, sequence=7)
        assert told(effects)[OF_GATEWAY] == Receipt({"fence-1": ((7, 7),)})
        center.wait(INTERVAL_S)


def test_what_is_never_going_to_be_stored_is_told_apart() -> None:
    center = with_gateway()
    refused = (
        native.encode_data(START, 1, {"tension": "a text"}),
        b'{"at":"2026-03-01T08:00:00","seq":2,"values":{"tension":1}}',
        native.encode_data(START, 3, {"tension": None}),
    )
    for payload in refused:
        center.hear(FENCE, Leaf.DATA, payload)
    mixed = (Sample(START, 4, {"tension": 1.0}), Sample(START, 5, {"tension": True}))
    center.hear(FENCE, Leaf.DATA, native.encode_backlog(mixed))
    half = native.encode_data(START, 6, {"tension": 1.0, "mode": 5})
    center.hear(FENCE, Leaf.DATA, half)
    receipts = [*told(center.wait(INTERVAL_S)).values()]
    assert receipts == [Receipt({"fence-1": ((4, 4), (6, 6))}, {"fence-1": ((2, 3), (5, 5))})]


def test_nobody_is_told_who_has_not_asked_nor_of_what_another_publishes() -> None:
    quiet = with_gateway(msgspec.structs.replace(GATEWAY_BIRTH, receipts=False))
    assert told(quiet.measure(FENCE, {"tension": 1.0})) == {}
    center = with_gateway()
    center.bear(CAMERA, Birth(kind="camera", names=Names(), via="gateway"))
    stranger: DeviceKey = device("fence-1", "sypatai-batyr")
    center.measure(CAMERA, {"fps": 25.0})
    assert told(center.measure(stranger, {"tension": 1.0})) == {}
    assert told(center.wait(INTERVAL_S)) == {}
    center.bear(GATEWAY, msgspec.structs.replace(GATEWAY_BIRTH, receipts=False))
    assert told(center.measure(FENCE, {"tension": 1.0})) == {}


def test_a_gateway_of_another_hub_is_told_nothing_so_that_it_keeps_its_samples() -> None:
    center = QuietCenter(exercise=True)
    center.bear(GATEWAY, GATEWAY_BIRTH)
    center.bear(FENCE, CARRIED)
    assert told(center.measure(FENCE, {"tension": 1.0}, sequence=7)) == {}
    center.bear(FENCE, msgspec.structs.replace(CARRIED, exercise=True))
    assert told(center.measure(FENCE, {"tension": 1.0}, sequence=8)) == {}
    assert told(center.wait(INTERVAL_S)) == {}
    center.bear(GATEWAY, msgspec.structs.replace(GATEWAY_BIRTH, exercise=True))
    assert told(center.measure(FENCE, {"tension": 1.0}, sequence=9)) == {OF_GATEWAY: Receipt({"fence-1": ((9, 9),)})}


def test_a_device_with_a_connection_of_its_own_may_ask_for_itself() -> None:
    center = QuietCenter()
    center.bear(FENCE, msgspec.structs.replace(FENCE_BIRTH, receipts=True))
    effects = center.measure(FENCE, {"tension": 1.0}, sequence=1)
    assert told(effects) == {"shekara/v1/kordai/fence-1/stored": Receipt({"fence-1": ((1, 1),)})}


def test_who_has_asked_is_remembered_over_a_restart() -> None:
    before = with_gateway()
    records = tuple(each.record() for each in before.state.registry.devices.values())
    after = QuietCenter(Remembered(devices=records))
    assert told(after.measure(FENCE, {"tension": 1.0}, sequence=1)) == {OF_GATEWAY: Receipt({"fence-1": ((1, 1),)})}


def test_a_receipt_is_bounded_and_what_it_leaves_out_is_counted() -> None:
    center = with_gateway()
    center.measure(FENCE, {"tension": 1.0}, sequence=0)
    odd = [Sample(START, 2 * number, {"tension": 1.0}) for number in range(1, 1001)]
    for part in (odd[:600], odd[600:], [Sample(START, 9_999, {"tension": 1.0})]):
        center.hear(FENCE, Leaf.DATA, native.encode_backlog(part))
    [receipt] = told(center.wait(INTERVAL_S)).values()
    assert len(receipt.stored["fence-1"]) == MAX_RANGES
    assert center.state.receipts.passed_over_total == 1
    for begin in range(0, MAX_GATHERED + 1_000, 1_000):
        whole = [Sample(START, begin + number, {"tension": 1.0}) for number in range(1_000)]
        center.hear(FENCE, Leaf.DATA, native.encode_backlog(whole))
    [receipt] = told(center.wait(INTERVAL_S)).values()
    assert receipt.stored["fence-1"] == ((0, MAX_GATHERED - 1),)
    assert center.state.receipts.passed_over_total == 1_001
