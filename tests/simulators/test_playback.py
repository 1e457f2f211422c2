"""What a stream sends: its loop, and seconds that are drawn anew while somebody is in view."""

from collections.abc import Sequence
from concurrent.futures import Future

from simulators.cameras.clip import Clip
from simulators.cameras.drawing.bodies import Body, Place
from simulators.cameras.drawing.film import Appearance
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame
from simulators.cameras.playback import Playback
from simulators.cameras.take import Moment, Take
from simulators.cameras.vocabulary import Air, Lighting, Shape

_FPS, _SECONDS = 25, 8
_SOMEBODY: Appearance = (Body(Shape.PERSON), Place(0.0, 20.0, 0.0, 0.0))


def _clip(key_every: int = _FPS, mark: bytes = b"loop") -> Clip:
    format_ = Format(320, 180, 100_000, fps=_FPS, key_every=key_every)
    numbers = range(_FPS * _SECONDS)
    frames = (Frame.of((mark,), key=number % key_every == 0, stamp=number) for number in numbers)
    return Clip(format_, frames, complete=True)


class _Scene:
    """Somebody is in view from one moment to another, in seconds of the stream that `now_s` is one of."""

    def __init__(self, from_s: float, to_s: float) -> None:
        self.now_s = 0.0
        self._from_s, self._to_s = from_s, to_s

    def scene(self) -> tuple[Lighting, Air]:
        return Lighting.DAY, Air.CLEAR

    def is_entered(self, from_s: float, to_s: float) -> bool:
        return self.now_s + to_s >= self._from_s and self.now_s + from_s <= self._to_s

    def appearances(self, in_s: float) -> tuple[Appearance, ...]:
        return (_SOMEBODY,) if self._from_s <= self.now_s + in_s <= self._to_s else ()


class _Drawn:
    """Draws at once, or never; gives another loop when it has one."""

    def __init__(self, *, in_time: bool = True) -> None:
        self.in_time = in_time
        self.other: Clip | None = None
        self.takes: list[Take] = []
        self.moments: list[Moment] = []

    def draw(self, take: Take, moments: Sequence[Moment]) -> "Future[tuple[Frame, ...]]":
        drawn: Future[tuple[Frame, ...]] = Future()
        if moments:
            first = take not in self.takes
            self.takes.append(take)
            self.moments += moments
            if self.in_time:
                numbers = [moment.number for moment in moments]
                drawn.set_result(tuple(_drawn(number, first=first and number == numbers[0]) for number in numbers))
        return drawn

    def renewal(self) -> Clip | None:
        other, self.other = self.other, None
        return other


def _drawn(number: int, *, first: bool) -> Frame:
    return Frame.of((b"drawn",), key=first, stamp=number)


def _sent(playback: Playback, scene: _Scene, seconds: int) -> list[Frame]:
    frames: list[Frame] = []
    for _ in range(seconds * _FPS):
        frames.append(playback.next(scene.now_s))
        scene.now_s += 1 / _FPS
    return frames


def _what(frames: list[Frame]) -> list[bytes]:
    """What each second consists of."""
    return [b"".join(sorted({b"".join(frame.packets) for frame in frames[at : at + _FPS]}))
            for at in range(0, len(frames), _FPS)]  # fmt: skip


def test_seconds_with_somebody_in_view_are_drawn_anew_and_the_loop_goes_on_after_them() -> None:
    scene, studio = _Scene(3.4, 5.2), _Drawn()
    frames = _sent(playback := Playback(_clip(), 0, scene, studio), scene, 10)
    assert _what(frames) == 3 * [b"loop"] + 3 * [b"drawn"] + 4 * [b"loop"]
    assert [frame.stamp for frame in frames] == [number % (_FPS * _SECONDS) for number in range(len(frames))]
    assert [at for at, frame in enumerate(frames) if frame.key] == [0, 25, 50, 75, 150, 175, 200, 225]
    assert len(set(map(id, studio.takes))) == 1
    assert playback.drawn_total == 3
    assert playback.late_total == 0
    present = [bool(moment.appearances) for moment in studio.moments]
    assert present[:9] == 9 * [False]
    assert all(present[11:54])
    assert not any(present[57:])


def test_pictures_of_one_pose_show_everybody_at_one_place() -> None:
    scene, studio = _Scene(0.0, 9.0), _Drawn()
    looked: list[float] = []

    def appearances(in_s: float) -> tuple[Appearance, ...]:
        looked.append(in_s)
        return ((Body(Shape.PERSON), Place(in_s, 20.0, 0.0, 0.0)),)

    scene.appearances = appearances  # type: ignore[method-assign]
    _sent(Playback(_clip(), 0, scene, studio), scene, 2)
    for moment, following in zip(studio.moments[::2], studio.moments[1::2], strict=False):
        assert (moment.number // 2 == following.number // 2) == (moment.appearances is following.appearances)


def test_what_is_not_drawn_in_time_is_not_shown_and_counted() -> None:
    scene, studio = _Scene(2.5, 4.5), _Drawn(in_time=False)
    frames = _sent(playback := Playback(_clip(), 0, scene, studio), scene, 6)
    assert _what(frames) == 6 * [b"loop"]
    assert playback.late_total >= 1
    assert playback.drawn_total == 0


def test_a_loop_with_few_key_pictures_is_taken_up_again_at_one_of_them() -> None:
    scene, studio = _Scene(1.2, 1.8), _Drawn()
    frames = _sent(Playback(_clip(key_every=4 * _FPS), 0, scene, studio), scene, 8)
    assert _what(frames) == [b"loop"] + 3 * [b"drawn"] + 4 * [b"loop"]
    assert [at for at, frame in enumerate(frames) if frame.key] == [0, 25, 100]


def test_a_loop_of_other_light_comes_on_with_a_key_picture_where_the_other_was() -> None:
    scene, studio = _Scene(99.0, 99.0), _Drawn()
    playback = Playback(_clip(key_every=2 * _FPS), 0, scene, studio)
    frames = _sent(playback, scene, 1)
    studio.other = _clip(key_every=2 * _FPS, mark=b"other")
    frames += _sent(playback, scene, 3)
    assert _what(frames) == [b"loop", b"loop", b"other", b"other"]
    assert [frame.stamp for frame in frames] == list(range(4 * _FPS))
    assert frames[2 * _FPS].key


def test_a_camera_without_sight_plays_its_loop() -> None:
    playback = Playback(_clip(), 0, None, _Drawn())
    assert [playback.next(float(number)).stamp for number in range(201)] == [*range(200), 0]
