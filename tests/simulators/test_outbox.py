from datetime import UTC, datetime

from sensors.dialects.native import Sample
from sensors.model import DeviceId
from sensors.receipts import Receipt
from simulators.outbox import LONGEST_PATIENCE_S, MAX_IN_FLIGHT, PATIENCE_S, Outbox, Parcel

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


def _send(outbox: Outbox, *numbers: int, now_s: float = 0.0) -> None:
    outbox.sent(Parcel(_FENCE, tuple(_sample(number) for number in numbers), historical=False), now_s)


def test_readings_count_only_when_the_centre_has_stored_them() -> None:
    outbox = Outbox()
    _send(outbox, 1, 2, 3, 4)
    outbox.receipted(Receipt({"ups-1": ((1, 4),), "fence-1": ((9, 9),)}))
    assert (len(outbox), outbox.acknowledged_total) == (4, 0)
    for _ in range(2):
        outbox.receipted(Receipt({"fence-1": ((1, 2),)}, {"fence-1": ((4, 4),)}))
    assert (len(outbox), outbox.acknowledged_total, outbox.refused_total) == (1, 4, 2)


def test_what_was_in_flight_is_kept_again_before_what_came_later() -> None:
    outbox = Outbox(capacity=3)
    _send(outbox, 0, 1, 2)
    outbox.keep(_FENCE, _sample(3))
    outbox.connection_lost()
    assert (outbox.in_flight, outbox.dropped_total, outbox.resent_total) == (0, 1, 3)
    assert [sample.seq for parcel in _drained(outbox) for sample in parcel.samples] == [1, 2, 3]


def test_without_a_receipt_samples_go_again_one_message_at_a_time_and_ever_more_rarely() -> None:
    outbox = Outbox()
    for number in range(MAX_IN_FLIGHT):
        assert outbox.open
        _send(outbox, number)
    assert not outbox.open
    now_s, waits = 0.0, []
    outbox.time_out(PATIENCE_S - 0.1)
    assert outbox.in_flight == MAX_IN_FLIGHT
    for _ in range(6):
        sent_s = now_s
        while not outbox.has_backlog:
            now_s += 1.0
            outbox.time_out(now_s)
        waits.append(now_s - sent_s)
        parcel = outbox.next_parcel()
        assert parcel is not None
        outbox.sent(parcel, now_s)
        assert not outbox.open
        _drained(outbox)
    assert waits == [PATIENCE_S, 10.0, 20.0, 40.0, LONGEST_PATIENCE_S, LONGEST_PATIENCE_S]
    outbox.receipted(Receipt())
    assert (outbox.open, outbox.in_flight > 1) == (True, True)
