"""The wall's encoders on real pictures, decoded again."""

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from videowall.encoding.broadcast import EncodedFrame, ParameterSets
from videowall.encoding.encoder import Encoder, FrugalEncoder
from videowall.encoding.quantiser import COARSEST, FINEST, Quantiser
from videowall.plan import Canvas

CANVAS = Canvas(640, 360, 25)
KBPS = 800


def busy(number: int) -> NDArray[np.uint8]:
    """A picture in which much moves, drawn from its number alone."""
    rng = np.random.default_rng(7)
    texture = rng.integers(40, 200, (CANVAS.height * 3 // 2, CANVAS.width), dtype=np.uint8)
    picture = np.roll(texture, number * 3, axis=1)
    picture[CANVAS.height :] = 128
    return picture


def coarse(number: int) -> NDArray[np.uint8]:
    """A picture in which little moves."""
    picture = np.full((CANVAS.height * 3 // 2, CANVAS.width), 90, np.uint8)
    picture[100:140, number % 600 : number % 600 + 40] = 200
    picture[CANVAS.height :] = 128
    return picture


def still(number: int) -> NDArray[np.uint8]:
    """A picture rich in detail of which little moves: nearly all of a group is its key picture."""
    picture = busy(0)
    picture[100:140, number * 4 % 560 : number * 4 % 560 + 60] = 230
    return picture


def worst_db(coded: list[tuple[EncodedFrame, ParameterSets | None]], pictures: list[NDArray[np.uint8]]) -> float:
    """The peak signal-to-noise ratio of the worst picture, luma, once the first two groups have been settled."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    shown = [picture.to_ndarray() for frame, _ in coded for picture in context.decode(av.Packet(frame.data))]
    shown += [picture.to_ndarray() for picture in context.decode(None)]
    assert len(shown) == len(pictures)
    errors = [
        np.mean((ours[: CANVAS.height].astype(np.float32) - theirs[: CANVAS.height]) ** 2)
        for ours, theirs in zip(shown[100:], pictures[100:], strict=True)
    ]
    return float(10 * np.log10(255**2 / max(errors)))


def encode(
    encoder: Encoder | FrugalEncoder,
    pictures: list[NDArray[np.uint8]],
    keys: frozenset[int] = frozenset(),
    begin: int = 0,
) -> list[tuple[EncodedFrame, ParameterSets | None]]:
    made = [
        encoder.encode(picture, begin + number, 1000.0 + number / 25, key=number in keys)
        for number, picture in enumerate(pictures)
    ]
    return [coded for coded in made if coded is not None]


def decode(frames: list[EncodedFrame]) -> int:
    """How many pictures come out, none of them with an error."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.options = {"err_detect": "explode"}
    return sum(len(context.decode(av.Packet(frame.data))) for frame in frames) + len(context.decode(None))


@pytest.mark.parametrize("kind", [Encoder, FrugalEncoder])
def test_every_picture_comes_out_at_once_and_groups_begin_where_they_should(
    kind: type[Encoder] | type[FrugalEncoder],
) -> None:
    coded = encode(kind(CANVAS, KBPS, 1.0), [coarse(number) for number in range(60)], frozenset({10}))
    frames = [frame for frame, _ in coded]
    assert [frame.index for frame in frames if frame.key] == [0, 10, 35]
    assert [frame.index for frame in frames] == list(range(60))
    assert all((sets is not None) is frame.key for frame, sets in coded)
    assert decode(frames) == 60


def test_a_frugal_encoder_keeps_its_bit_rate_after_some_groups_and_the_decoder_needs_to_know_nothing_new() -> None:
    encoder = FrugalEncoder(CANVAS, KBPS, 1.0)
    coded = encode(encoder, [busy(number) for number in range(200)])
    settled = [len(frame.data) for frame, _ in coded[-75:]]
    assert 0.6 * KBPS < sum(settled) * 8 / 3 / 1000 < 1.2 * KBPS
    assert len({sets for _, sets in coded if sets is not None}) == 1
    assert decode([frame for frame, _ in coded]) == 200


def test_a_group_that_grows_far_too_large_is_cut_short() -> None:
    encoder = FrugalEncoder(CANVAS, 300, 10.0)
    calm = [coarse(number) for number in range(30)]
    coded = encode(encoder, [*calm, *(busy(number) for number in range(60))])
    keys = [frame.index for frame, _ in coded if frame.key]
    assert keys[0] == 0
    assert any(30 < index < 60 for index in keys)


def test_asking_for_key_frames_one_after_another_never_makes_two_of_one_number() -> None:
    encoder = FrugalEncoder(CANVAS, KBPS, 1.0)
    frames = [frame for frame, _ in encode(encoder, [busy(number) for number in range(20)], frozenset(range(20)))]
    assert decode(frames) == 20
    assert frames[0].key


@pytest.mark.parametrize("keys", [frozenset({102}), frozenset(range(104, 200, 13))])
def test_a_picture_stays_as_sharp_as_it_was_when_key_frames_are_wished_for(keys: frozenset[int]) -> None:
    calm = [still(number) for number in range(200)]
    undisturbed, asked = FrugalEncoder(CANVAS, 2000, 2.0), FrugalEncoder(CANVAS, 2000, 2.0)
    assert worst_db(encode(asked, calm, keys), calm) > worst_db(encode(undisturbed, calm), calm) - 1


def test_a_group_that_a_wish_cut_short_is_reckoned_as_if_it_had_run_on() -> None:
    whole, cut, cut_at_once = Quantiser(1000, 25), Quantiser(1000, 25), Quantiser(1000, 25)
    sizes = [60_000, *(4000 for _ in range(49))]
    for quantiser, seen in ((whole, 50), (cut, 4), (cut_at_once, 2)):
        for size in sizes[:seen]:
            quantiser.see(size)
    assert cut.settle(50) == cut_at_once.settle(50) == whole.settle(50)


def test_a_group_that_was_cut_short_because_it_grew_too_large_is_reckoned_as_it_was() -> None:
    quantiser = Quantiser(1000, 25)
    before = quantiser.value
    for size in (60_000, 4000):
        quantiser.see(size)
    assert quantiser.settle() > before


def test_a_quantiser_goes_to_its_ends_and_not_beyond() -> None:
    quantiser = Quantiser(1000, 25)
    for size, end in ((1_000_000, COARSEST), (10, FINEST)):
        for _ in range(6):
            quantiser.see(size)
            quantiser.settle()
        assert quantiser.value == end


def test_a_quantiser_stays_where_the_rate_is_right() -> None:
    quantiser = Quantiser(1000, 25)
    before = quantiser.value
    for _ in range(25):
        assert not quantiser.see(5000)
    assert quantiser.settle() == before
