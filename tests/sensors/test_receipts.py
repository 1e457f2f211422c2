from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sensors.dialects import native
from sensors.dialects.native import Sample
from sensors.model import DeviceId
from sensors.receipts import Receipt, decode_receipt, encode_receipt, holds, merge, sequences_of
from tests.hub.quiet_center import START

FENCE = DeviceId("fence-1")


@given(st.sets(st.integers(0, 60)))
def test_ranges_hold_the_numbers_they_were_made_of_and_no_others(numbers: set[int]) -> None:
    ranges = tuple(merge(numbers))
    assert {number for number in range(-1, 62) if holds(ranges, number)} == numbers
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(ranges))


def test_a_receipt_is_read_as_it_was_written_and_fields_of_later_versions_are_passed_over() -> None:
    written = encode_receipt({FENCE: merge([1, 2, 3, 7])}, {FENCE: merge([5])})
    assert written == b'{"stored":{"fence-1":[[1,3],[7,7]]},"refused":{"fence-1":[[5,5]]}}'
    assert decode_receipt(written) == Receipt({"fence-1": ((1, 3), (7, 7))}, {"fence-1": ((5, 5),)})
    assert decode_receipt(b'{"stored":{},"at":"2030-01-01T00:00:00Z"}') == Receipt()


@given(st.binary(max_size=200))
def test_no_bytes_can_raise(payload: bytes) -> None:
    assert isinstance(decode_receipt(payload), Receipt | str)
    assert isinstance(sequences_of(payload), tuple)


def test_the_numbers_of_a_message_are_found_also_where_its_values_are_refused() -> None:
    assert sequences_of(native.encode_data(START, 7, {"tension": None})) == (7,)
    assert sequences_of(native.encode_backlog([Sample(START, 1, {}), Sample(START, 2, {})])) == (1, 2)
    assert sequences_of(b'{"at":"yesterday","seq":8,"values":{"Wind":1}}') == (8,)
    assert sequences_of(b'{"seq":-1}') == sequences_of(b'{"seq":9007199254740992}') == sequences_of(b"[]") == ()
