"""Hardware encoders and decoders: chosen, doubted, left. No machine of ours has any: software plays their parts.

What a real device does is not shown here; that nothing but right pictures in time is ever believed, is.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from sensors.model import StreamRole
from tests.support.single_picture import frame_of, jpeg_unit, unit_of
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.decoder import Decoder
from videowall.decoding.thrift import Thrift
from videowall.encoding.encoder import Coded, Encoder
from videowall.hardware.choice import Choice, wanted
from videowall.hardware.decoding import DecoderMaker, GuardedDecoder, HardwareDecoder
from videowall.hardware.encoding import EncoderMaker, GuardedEncoder, HardwareEncoder
from videowall.hardware.kinds import DECODERS, ENCODERS, DecoderCandidate, EncoderCandidate
from videowall.hardware.likeness import likeness_db, luma_of
from videowall.hardware.selection import Selection, _try_apart
from videowall.hardware.trial import TRIAL_CANVAS, Verdict, draw_trial, try_decoder, try_encoder
from videowall.picture import Plane, Planes
from videowall.plan import Canvas

pytestmark = pytest.mark.alone

SMALL = Canvas(320, 180, 25)
GOOD = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "x264-params": "repeat-headers=1"}


def make(name: str, **options: str) -> Callable[[Canvas, int, float], HardwareEncoder]:
    """A software encoder in hardware's place."""
    return partial(HardwareEncoder, EncoderCandidate(name, options=options))


class Swapped(Encoder):
    """Encodes something else than it is given, from one picture on; so do drivers that mix up their surfaces."""

    wrong_from = 0

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        picture = buffer if index < self.wrong_from else draw_trial(50, SMALL)
        return super().encode(picture, index, encoded_at, key=key)


class Deaf(Encoder):
    """Gives key frames when it likes."""

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        del key
        return super().encode(buffer, index, encoded_at, key=False)


class SwappedLate(Swapped):
    wrong_from = 5


@pytest.mark.parametrize(
    ("maker", "reason"),
    [
        (make("libx264", **GOOD), None),
        (make("h264_such_as_nobody_makes"), "there is none: UnknownCodecError"),
        (make("mjpeg"), "there is none: ArgumentError"),
        (make("libx264", preset="ultrafast"), "it keeps pictures back"),
        (make("libx264", **{**GOOD, "x264-params": "qp=51:repeat-headers=1"}), "its pictures are not what was encoded"),
        (Deaf, "it gives no whole key frame when asked"),
        (Swapped, "its pictures are not what was encoded"),
        (SwappedLate, "its pictures are not what was encoded"),
    ],
    ids=["right", "missing", "no H.264", "late", "mush", "no key on demand", "another picture", "another one later"],
)
def test_only_an_encoder_whose_pictures_are_right_and_in_time_is_believed(
    maker: Callable[[Canvas, int, float], HardwareEncoder], reason: str | None
) -> None:
    assert try_encoder(maker, SMALL) == reason


class Wrong(Decoder):
    """Decodes, and shows something else."""

    def decode(self, unit: AccessUnit) -> Planes | None:
        planes = super().decode(unit)
        return None if planes is None else Planes(planes.y[:, ::-1], planes.u, planes.v)


class Late(Decoder):
    """Shows each picture one later."""

    def __init__(self, codec: str) -> None:
        super().__init__(codec)
        self._held: Planes | None = None

    def decode(self, unit: AccessUnit) -> Planes | None:
        shown, self._held = self._held, super().decode(unit)
        return shown


def test_only_a_decoder_whose_pictures_are_right_and_in_time_is_believed() -> None:
    assert try_decoder(Decoder, SMALL) is None
    assert try_decoder(Wrong, SMALL) == "its pictures are not what was coded"
    assert try_decoder(Late, SMALL) == "it keeps pictures back"


@pytest.mark.parametrize("choice", [Choice.NVIDIA, Choice.VAAPI])
async def test_what_is_not_on_this_machine_is_tried_apart_and_not_believed(choice: Choice) -> None:
    (verdict,) = await _try_apart((choice,))
    assert verdict.choice is choice
    assert str(verdict.encoder).startswith("there is none")
    assert str(verdict.decoder).startswith("there is none")


async def test_a_trial_that_crashes_says_nothing_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videowall.hardware.selection.sys.executable", "/bin/false")
    assert await _try_apart((Choice.NVIDIA,)) == []


async def test_a_trial_whose_driver_talks_into_its_answer_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talkative = tmp_path / "python"
    talkative.write_bytes(b'#!/bin/sh\nprintf \'[{"choice":"vaapi\377"}]\'\n')
    talkative.chmod(0o700)
    monkeypatch.setattr("videowall.hardware.selection.sys.executable", str(talkative))
    assert await _try_apart((Choice.VAAPI,)) == []


def numbered(encoder: GuardedEncoder, count: int, key_at: int = -1) -> list[Coded]:
    coded = [encoder.encode(draw_trial(index, SMALL), index, 0.0, key=index in {0, key_at}) for index in range(count)]
    assert all(one is not None for one in coded)
    return [one for one in coded if one is not None]


class Failing(Encoder):
    """Works for three pictures."""

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        if index >= 3:
            raise av.ExternalError(1, "the device is lost")
        return super().encode(buffer, index, encoded_at, key=key)


class Mute(Encoder):
    """Gives nothing from the fourth picture on."""

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        return None if index >= 3 else super().encode(buffer, index, encoded_at, key=key)


def test_an_error_in_the_middle_loses_no_picture_and_is_said_once() -> None:
    reasons: list[str] = []
    software = partial(Encoder, SMALL, 2000, 2.0)
    coded = numbered(GuardedEncoder(Failing(SMALL, 2000, 2.0), software, reasons.append), 8)
    assert [frame.key for frame, _ in coded] == [True, False, False, True, False, False, False, False]
    assert [frame.index for frame, _ in coded] == list(range(8))
    assert reasons == ["it failed: ExternalError"]
    decoder = Decoder("h264")
    for index, (frame, _) in enumerate(coded):
        shown = decoder.decode(AccessUnit(frame.data, frame.key, gap=False, rtp_timestamp=0, arrival_s=0.0))
        assert shown is not None
        assert likeness_db(shown.y, draw_trial(index, SMALL)[:180]) > 24


def test_hardware_that_falls_silent_is_left() -> None:
    reasons: list[str] = []
    encoder = GuardedEncoder(Mute(SMALL, 2000, 2.0), partial(Encoder, SMALL, 2000, 2.0), reasons.append)
    coded = [encoder.encode(draw_trial(index, SMALL), index, 0.0, key=index == 0) for index in range(8)]
    assert [one is None for one in coded] == [False, False, False, True, True, False, False, False]
    assert coded[5] is not None
    assert coded[5][0].key
    assert reasons == ["it gives no pictures"]


def test_key_frames_that_show_something_else_end_the_use_of_hardware() -> None:
    reasons: list[str] = []
    encoder = GuardedEncoder(Swapped(SMALL, 2000, 2.0), partial(Encoder, SMALL, 2000, 2.0), reasons.append)
    (first, *_) = numbered(encoder, 3)
    shown = luma_of(first[0].data)
    assert shown is not None
    assert likeness_db(shown, draw_trial(0, SMALL)[:180]) > 24
    assert reasons == ["its pictures are not what was encoded"]


def test_a_picture_of_another_size_or_none_is_like_nothing() -> None:
    assert likeness_db(draw_trial(0, SMALL), draw_trial(0)) < 0
    assert luma_of(b"no picture") is None


def test_a_maker_uses_what_is_believed_until_it_fails_and_then_software_for_good() -> None:
    maker = EncoderMaker(Encoder)
    assert isinstance(maker(SMALL, 2000, 2.0), Encoder)
    maker.believed = EncoderCandidate("libx264", options=GOOD)
    guarded = maker(SMALL, 2000, 2.0)
    assert isinstance(guarded, GuardedEncoder)
    numbered(guarded, 3)
    maker.believed = ENCODERS[Choice.NVIDIA]
    assert isinstance(maker(SMALL, 2000, 2.0), Encoder)
    assert (str(maker.believed), maker.failures_total) == ("None", 1)


class Device(HardwareDecoder):
    """Software in a device's place; `fault` says what it does at its third picture, or at once."""

    def __init__(self, fault: str = "") -> None:
        self._decoder = Wrong("h264") if fault == "lies" else Decoder("h264")
        self._fault = fault
        self._count = 0

    def decode(self, unit: AccessUnit) -> Planes | None:
        self._count += 1
        if self._fault == "fails" and self._count == 3:
            raise av.ExternalError(1, "the device is lost")
        return self._decoder.decode(unit)


class Direct(HardwareDecoder):
    """Software in a device's place, its pictures taken as a device's are."""

    def __init__(self, codec: str) -> None:
        self._context = cast("VideoCodecContext", av.CodecContext.create(codec, "r"))


@pytest.mark.parametrize(
    ("fault", "shown", "reason"),
    [
        ("", 10, []),
        ("fails", 7, ["it failed: ExternalError"]),
        ("lies", 10, ["its pictures are not what was coded"]),
    ],
)
def test_a_decoder_that_fails_or_lies_is_replaced_and_no_picture_is_a_ghost(
    fault: str, shown: int, reason: list[str]
) -> None:
    reasons: list[str] = []
    decoder = GuardedDecoder(Device(fault), lambda: Decoder("h264"), reasons.append)
    encoder = Encoder(SMALL, 2000, 10.0)
    seen = 0
    for index in range(10):
        coded = encoder.encode(draw_trial(index, SMALL), index, 0.0, key=index == 5)
        assert coded is not None
        unit = AccessUnit(coded[0].data, coded[0].key, gap=False, rtp_timestamp=0, arrival_s=0.0)
        planes = decoder.decode(unit)
        if planes is not None:
            seen += 1
            assert likeness_db(planes.y, draw_trial(index, SMALL)[:180]) > 24
    assert (seen, reasons) == (shown, reason)
    assert decoder.errors_total == decoder.errors_in_row == 0


def test_a_picture_that_cannot_be_shown_is_left_to_software_which_counts_it() -> None:
    reasons: list[str] = []
    decoder = GuardedDecoder(Direct("mjpeg"), lambda: Decoder("mjpeg"), reasons.append)
    assert decoder.decode(jpeg_unit(640, 1)) is None
    assert (decoder.errors_total, reasons) == (1, ["it failed: ValueError"])
    assert decoder.decode(jpeg_unit(640, 360)) is not None


def test_a_devices_picture_in_full_range_is_like_softwares() -> None:
    full = unit_of("libx264", frame_of(draw_trial(0, SMALL)[:180], "yuv420p", ColorRange.JPEG))
    shown, meant = Direct("h264").decode(full), Decoder("h264").decode(full)
    assert shown is not None
    assert meant is not None
    assert likeness_db(shown.y, meant.y) > 60
    assert int(shown.y.min()) > int(draw_trial(0, SMALL)[:180].min())


def test_small_streams_and_machines_without_hardware_are_decoded_by_software() -> None:
    maker = DecoderMaker(2)
    assert maker.opener(StreamRole.SUB) is Decoder
    assert isinstance(maker.opener(StreamRole.MAIN)("h264", b"", Thrift.NONE), Decoder)
    maker.believed = DecoderCandidate("cuda")
    assert isinstance(maker.opener(StreamRole.MAIN)("mjpeg", b"", Thrift.NONE), Decoder)
    assert isinstance(maker.opener(StreamRole.MAIN)("h264", b"", Thrift.NONE), Decoder)
    assert (str(maker.believed), maker.failures_total) == ("None", 1)


def selection(encoder: Choice, decoder: Choice, devices: Path) -> tuple[Selection, EncoderMaker, DecoderMaker]:
    encoders, decoders = EncoderMaker(Encoder), DecoderMaker(2)
    return Selection(encoder, decoder, (encoders,), decoders, devices), encoders, decoders


def test_only_what_has_a_device_here_is_tried(tmp_path: Path) -> None:
    assert selection(Choice.AUTO, Choice.AUTO, tmp_path)[0].present == ()
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "renderD128").touch()
    assert selection(Choice.AUTO, Choice.SOFTWARE, tmp_path)[0].present == (Choice.VAAPI,)
    assert selection(Choice.NVIDIA, Choice.NVIDIA, tmp_path)[0].present == ()
    (tmp_path / "nvidia0").touch()
    assert selection(Choice.AUTO, Choice.VAAPI, tmp_path)[0].present == (Choice.NVIDIA, Choice.VAAPI)
    assert selection(Choice.SOFTWARE, Choice.SOFTWARE, tmp_path)[0].present == ()
    assert wanted(Choice.SOFTWARE) == ()


def test_the_first_that_passes_is_believed_and_only_for_what_it_passed(tmp_path: Path) -> None:
    chosen, encoders, decoders = selection(Choice.AUTO, Choice.AUTO, tmp_path)
    chosen.believe(Verdict(Choice.NVIDIA, "it is too slow", None))
    assert (encoders.believed, decoders.believed) == (None, DECODERS[Choice.NVIDIA])
    chosen.believe(Verdict(Choice.VAAPI, None, None))
    assert (encoders.believed, decoders.believed) == (ENCODERS[Choice.VAAPI], DECODERS[Choice.NVIDIA])


async def test_a_machine_that_has_a_device_file_and_no_driver_stays_with_software(tmp_path: Path) -> None:
    (tmp_path / "nvidia0").touch()
    chosen, encoders, decoders = selection(Choice.AUTO, Choice.AUTO, tmp_path)
    await chosen.run()
    assert (encoders.believed, decoders.believed) == (None, None)


def test_the_trial_pictures_differ_enough_to_be_told_apart() -> None:
    first, second = (draw_trial(index)[: TRIAL_CANVAS.height] for index in (0, 1))
    assert likeness_db(first, second) < 24
