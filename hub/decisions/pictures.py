"""What walls say of one camera's picture, and which of their words is believed: the gravest that holds.

Pure: the time of each word is an argument. A wall sees a camera by its own stream, over its own line, with its own
password, so two walls may both be right and not agree. Would the last word win, each `live` of the one ended the
on-delay that the other's `frozen` had begun, and the board changed with every word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hub.decisions.deadlines import Deadlines
from sensors.catalog import PictureState
from sensors.model import DeviceKey, Quality, Reading

PICTURE: Final = "picture"
PICTURE_HOLDS_S: Final = 20.0
"""A wall repeats what it says of a picture every few seconds: what is older says nothing of now."""
MAX_OBSERVERS: Final = 16
"""Of one camera; beyond that, whoever was not heard for longest gives way."""
_LEAST_FIRST = (
    # A wall that does not get to what came knows less of the camera than one that does.
    PictureState.BEHIND,
    PictureState.LIVE,
    PictureState.CONNECTING,
    # What may be the link's or the gateway's fault hides nothing that is surely the camera's.
    PictureState.NO_PACKETS,
    PictureState.DELAYED,
    PictureState.NO_FREE_SESSION,
    PictureState.REFUSED,
    PictureState.NOT_FOUND,
    PictureState.BAD_CREDENTIALS,
    PictureState.CANNOT_DECODE,
    # What is wrong with the picture itself; what somebody may have done on purpose, or what deceives, is gravest.
    PictureState.DISCOLOURED,
    PictureState.NOISY,
    PictureState.BLURRED,
    PictureState.STRIPED,
    PictureState.OVEREXPOSED,
    PictureState.BLACK,
    PictureState.MOVED,
    PictureState.COVERED,
    PictureState.FROZEN,
)
_GRAVITY = {state.value: gravity for gravity, state in enumerate(_LEAST_FIRST)}
_UNTRUSTED, _ONLY_BEGUN, _UNHEARD_OF = -2, -1, len(_LEAST_FIRST)


class _Word(NamedTuple):
    """The last that one observer said, when, and since when it says so."""

    reading: Reading
    heard_s: float
    since_s: float


@dataclass(slots=True)
class _Camera:
    """Its words by observer, those heard last at the end, and the reading that is believed."""

    words: dict[str, _Word] = field(default_factory=dict)
    believed: Reading | None = None


class Pictures:
    """The words that hold, of every camera. Whoever does not name itself is one observer, whose last word counts."""

    def __init__(self) -> None:
        self._cameras: dict[DeviceKey, _Camera] = {}
        self._lapses = Deadlines()

    def hear(self, reading: Reading, observer: str, now_s: float) -> Reading | None:
        """Take in what an observer says; the reading to be believed from now on, None when it is the same as before."""
        camera = self._cameras.setdefault(reading.key, _Camera())
        _drop_lapsed(camera, now_s)
        before = camera.words.get(observer)
        if before is not None and not _is_newer(reading, before.reading):
            return None
        is_repeat = before is not None and before.reading.value == reading.value
        since_s = before.since_s if before is not None and is_repeat else now_s
        camera.words.pop(observer, None)
        camera.words[observer] = _Word(reading, now_s, since_s)
        if len(camera.words) > MAX_OBSERVERS:
            del camera.words[next(iter(camera.words))]
        self._lapses.set(reading.key, now_s + PICTURE_HOLDS_S)
        return _believe(camera, now_s)

    def lapse(self, now_s: float) -> list[Reading]:
        """Time has passed: the readings to be believed from now on, of cameras of which a graver word holds no more.

        When no word holds, nobody knows better, and what was believed last stays.
        """
        believed: list[Reading] = []
        for key in self._lapses.take(now_s):
            if (camera := self._cameras.get(key)) is None:
                continue
            _drop_lapsed(camera, now_s)
            if not camera.words:
                del self._cameras[key]
                continue
            self._lapses.set(key, next(iter(camera.words.values())).heard_s + PICTURE_HOLDS_S)
            if (reading := _believe(camera, now_s)) is not None:
                believed.append(reading)
        return believed

    def forget(self, key: DeviceKey) -> None:
        """The camera is no longer known."""
        self._cameras.pop(key, None)


def _is_newer(reading: Reading, than: Reading) -> bool:
    """Whether one observer said it later, as `LastValues.move` asks of a device."""
    return reading.sequence > than.sequence or reading.captured_at > than.captured_at


def _drop_lapsed(camera: _Camera, now_s: float) -> None:
    for observer, word in tuple(camera.words.items()):
        if word.heard_s + PICTURE_HOLDS_S >= now_s:
            return
        del camera.words[observer]


def _believe(camera: _Camera, now_s: float) -> Reading | None:
    gravest = _gravest(camera.words.values(), now_s)
    if gravest is camera.believed:
        return None
    camera.believed = gravest
    return gravest


def _gravest(words: Iterable[_Word], now_s: float) -> Reading:
    """Of several as grave as each other, the one heard last."""
    return max(enumerate(words), key=lambda numbered: (_gravity(numbered[1], now_s), numbered[0]))[1].reading


def _gravity(word: _Word, now_s: float) -> int:
    """A wall that has only begun to connect knows nothing yet; one that goes on connecting has something to say."""
    reading = word.reading
    if reading.quality is Quality.BAD:
        return _UNTRUSTED
    if reading.value == PictureState.CONNECTING and now_s - word.since_s <= PICTURE_HOLDS_S:
        return _ONLY_BEGUN
    return _GRAVITY.get(str(reading.value), _UNHEARD_OF)
