from datetime import UTC, datetime

from sensors.dialects.native import Sample
from sensors.model import DeviceId
from simulators.outbox import Outbox, Parcel

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FENCE, _UPS = DeviceId("fence-1"), DeviceId("ups-1")


def _sample(number: int) -> Sample:
    return Sample(_NOW, number, {"energy": 1.0, "climb": False})


def _drained(outbox: Outbox) -> list[Parcel]:
    parcels: list[Parcel] = []
    while (parcel := outbox.next_parcel()) is not None:
        parcels.append(parcel)
    return parcels


def test_the_oldest_sample_is_dropped_and_counted_when_it_is_full() -> None:
    outbox = Outbox(capacity=3)
    for number in range(5):
        outbox.keep(_FENCE, _sample(number))
    assert outbox.dropped_total == 2
    assert [sample.seq for parcel in _drained(outbox) for sample in parcel.samples] == [2, 3, 4]


def test_parcels_hold_one_device_each_in_order_and_are_historical() -> None:
    outbox = Outbox()
    for number in range(500):
        outbox.keep(_FENCE if number % 2 else _UPS, _sample(number))
    parcels = _drained(outbox)
    assert all(parcel.historical and len(parcel.samples) <= 200 for parcel in parcels)
    for device in (_FENCE, _UPS):
        numbers = [sample.seq for parcel in parcels if parcel.device == device for sample in parcel.samples]
        assert numbers == sorted(numbers)
        assert len(numbers) == 250


def test_readings_count_only_when_the_broker_has_them() -> None:
    outbox = Outbox()
    outbox.sent(1, Parcel(_FENCE, (_sample(1), _sample(2)), historical=True))
    assert (len(outbox), outbox.acknowledged_total) == (2, 0)
    outbox.acknowledged(99)
    outbox.acknowledged(1)
    outbox.acknowledged(1)
    assert (len(outbox), outbox.acknowledged_total) == (0, 4)


def test_what_was_in_flight_is_kept_again_before_what_came_later() -> None:
    outbox = Outbox(capacity=3)
    for number in range(3):
        outbox.sent(number, Parcel(_FENCE, (_sample(number),), historical=False))
    outbox.keep(_FENCE, _sample(3))
    outbox.connection_lost()
    assert (outbox.in_flight, outbox.dropped_total) == (0, 1)
    assert [sample.seq for parcel in _drained(outbox) for sample in parcel.samples] == [1, 2, 3]
