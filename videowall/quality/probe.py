"""Since when a stream's pictures bring nothing new: a frozen camera told from a quiet night. Pure: time is an argument.

An encoder with few bits drops the sensor's noise, so on a quiet night pictures bring as little as frozen ones do. And
an encoder whose source is frozen goes on refining the picture, so frozen pictures change as much as live ones. What
tells them apart:

- Refining goes one way: a pixel comes nearer to what it shall be, and stays. Noise goes to and fro. So over a second or
  two the way that pixels have gone, against how far they got, is near 1 when frozen, and several times that when live.
- A frozen picture that is encoded from the start again, at a key frame, comes out as it did before as soon as the
  encoder's rate control has settled. With any noise between, it never does, wherever noise is seen: what is clipped to
  black, or covered by the camera itself, is left out.

How far noise is coded differs from stream to stream, so what a stream does is held against what it did while it lived.
"""

from collections import deque
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from videowall.picture import Plane, Planes
from videowall.quality.patch import Patch

FROZEN_S = 6.0
"""Pictures that bring nothing for so long are frozen; with the time it takes to see that, it is said within 10 s."""
_ROWS = 68
_TOGETHER = 32
_WINDOW_S = 1.5
_LEAST_PICTURES = 4
_CELLS = (8, 6)
_LEAST_CELLS = 6
_ACTIVE = 0.03
_WINDOWS = 256
"""Of a stream's habits: some six minutes."""
_KNOWN_S = 8.0
_LEAST_WINDOWS = 3
_ALIKE_LENGTHS = 2.0
"""A window is held against habits of up to so many times its pictures: with more of them, more goes to and fro."""
_QUIETEST_SHARE = 0.2
"""Habits are those of the stream's quieter times, so that a passer-by who goes is no freeze."""
_SETTLED = FROZEN_S + 4.0
_HABIT_RETURNS, _HABIT_ACTIVITY = 1.8, 0.02
"""A stream that usually shows less than this of its noise says nothing when it shows none."""
_LESS_RETURNS, _FEW_RETURNS = 0.7, 1.95
_FAR_LESS_RETURNS, _MOST_RETURNS = 0.45, 2.6
_LESS_ACTIVITY = 0.15
_KEYS = 12
_REPEATED_SHARE, _EXACT_SHARE = 0.65, 0.98
"""Of a key picture's pixels, as many as are exactly those of an earlier one. Live, at most 0.55, but for chance."""
_BLACKEST, _WHITEST = 18, 235
_LEAST_LIT, _LEAST_SHOWN = 0.02, 0.08
"""Of all pixels, as many must be neither black nor white, or must ever have differed, to be told by alone. Fewer differ
in a frozen picture with a clock."""
_GAPS = np.ones((5, 5), np.uint8)
"""Less than this stays the same by chance where pixels differ; more is an area in which nothing is ever seen."""
_LATERS = frozenset((12, 24, 40, 60, 90, 135, 200))
_NEW_SHARE = 0.3
"""Which pictures after a key picture tell a group that is repeated from one that only begins like it, as that of a
camera that lives again, whose next key picture may be long in coming; the most it may then share with earlier ones."""
_REPEATED_WITHIN_S = 6.0
"""Longer loops are no freeze: films are looped, and simulated cameras' pictures recur."""
_PROOF_S, _PROOF_KEYS = 12.0, 1.5
"""How long a repeated key picture is a proof, at least, and in intervals of key pictures."""
_KEYS_TO_CONFIRM = 8


class _Window(NamedTuple):
    """What changed between two key pictures, or in `_WINDOW_S`.

    `activity`: mean change of a pixel from picture to picture; `returns`: way gone over way got, None without either;
    `pictures`: how many there were.
    """

    end_s: float
    activity: float
    returns: float | None
    pictures: int


class _Way:
    """How far each pixel of a stream's small pictures has gone, reckoned for many pictures together.

    `last` is the newest picture; it stays what it is until the next one comes.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._stack = np.empty((_TOGETHER, *shape), np.uint8)
        self._flat = self._stack.reshape(_TOGETHER, -1)
        self._gone = np.zeros((1, self._flat.shape[1]), np.float32)
        self._newest = 0

    def begin(self, picture: Plane) -> None:
        """From this picture on."""
        self._stack[0] = picture
        self._newest = 0
        self._gone.fill(0)

    def add(self, picture: Plane) -> None:
        """The next one; may be a view of a larger one, which is free again after."""
        self._newest += 1
        self._stack[self._newest] = picture
        if self._newest == _TOGETHER - 1:
            self._settle()

    @property
    def last(self) -> Plane:
        newest: Plane = self._stack[self._newest]
        return newest

    def gone(self) -> NDArray[np.float32]:
        """Levels that each pixel has gone, up and down alike, since it began."""
        self._settle()
        return self._gone.reshape(self.shape)

    def _settle(self) -> None:
        if not self._newest:
            return
        steps = cv2.absdiff(self._flat[1 : self._newest + 1], self._flat[: self._newest])
        self._gone += cv2.reduce(steps, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
        self._stack[0] = self._stack[self._newest]
        self._newest = 0


class Probe:
    """Looks at every decoded picture of one stream, small."""

    def __init__(self) -> None:
        self.reset(0.0)

    def reset(self, now_s: float) -> None:
        """Begin anew with a session."""
        self._now_s = now_s
        self._first_s = float("inf")
        """When the first picture came."""
        self.shows_life = False
        """Whether it has shown in this session what no frozen picture does, whatever its habits."""
        self._alive_s: deque[float] = deque([now_s], maxlen=_WINDOWS)
        """When the stream was last seen to live; the newest are taken back when a picture turns out to be repeated."""
        self._pending_s: float | None = None
        self._first: Plane | None = None
        self._way: _Way | None = None
        self._began_s = now_s
        self._pictures = 0
        self._keys: deque[tuple[float, Plane]] = deque(maxlen=_KEYS)
        self._differed: Plane | None = None
        """Where key pictures of this session ever differed from the one before."""
        self._shown: Plane | None = None
        """The same without its gaps, once that was needed."""
        self._laters: dict[int, deque[Plane]] = {after: deque(maxlen=_KEYS) for after in _LATERS}
        self._since_key = 0
        self._goes_on = False
        """Whether the last key picture was a repeated one, but what follows it was never seen before."""
        self._repeated_s: deque[float] = deque(maxlen=_KEYS)
        self._repeats = False
        self._proven_s = float("-inf")
        self._recent: deque[_Window] = deque()
        self._habits: deque[_Window] = deque(maxlen=_WINDOWS)
        self._unconfirmed_keys = 0
        self._is_weighed = False

    def look(
        self, planes: Planes, now_s: float, *, key: bool, skipped: bool = False, patch: Patch | None = None
    ) -> None:
        """Take in the next picture; `skipped`: some that came before it were not decoded.

        `patch` is laid over what is masked of it, thinned.
        """
        thin, way = thinned(planes.y), self._way
        if patch is not None:
            thin = patch.over(thin)
        if way is not None and way.shape != thin.shape:
            self.reset(now_s)
            way = None
        unseen_s, self._now_s = now_s - self._now_s if skipped else 0.0, now_s
        self._first_s = min(self._first_s, now_s)
        self._since_key += 1
        if key:
            small = thin.copy()
            self._end(now_s)
            self._take_key(small, now_s, unseen_s)
            self._begin(small, now_s)
            self._since_key, self._goes_on = 0, False
        elif way is None:
            self._begin(thin.copy(), now_s)
        else:
            self._pictures += 1
            way.add(thin)
            laters = self._laters.get(self._since_key)
            if laters is not None:
                small = way.last.copy()
                self._goes_on = self._repeats and self._is_new(small, laters)
                laters.append(small)
            if now_s - self._began_s >= _WINDOW_S:
                self._end(now_s)
                self._begin(way.last.copy(), now_s)

    @property
    def frozen_s(self) -> float:
        """For how long the pictures brought nothing new, where that is proven; 0 where it is not, or hardly began."""
        still_s = self._now_s - self._alive_s[-1]
        is_proven = self._knows_habits or self._now_s - self._proven_s <= self._proof_s
        return still_s if is_proven and still_s > 2 * _WINDOW_S else 0.0

    @property
    def lived_s(self) -> float:
        """When the stream was last seen to live."""
        return self._alive_s[-1]

    @property
    def _interval_s(self) -> float:
        """Between the last two key pictures."""
        return self._keys[-1][0] - self._keys[-2][0] if len(self._keys) > 1 else 0.0

    @property
    def _proof_s(self) -> float:
        """How long a repeated key picture proves something: until the next one must have come."""
        return max(_PROOF_S, _PROOF_KEYS * self._interval_s)

    @property
    def _knows_habits(self) -> bool:
        habits = self._habits
        return len(habits) >= _LEAST_WINDOWS and habits[-1].end_s - habits[0].end_s >= _KNOWN_S

    def _begin(self, first: Plane, now_s: float) -> None:
        self._first, self._began_s, self._pictures = first, now_s, 0
        if self._way is None:
            self._way = _Way(first.shape)
        self._way.begin(first)

    def _end(self, now_s: float) -> None:
        first, way = self._first, self._way
        if first is None or way is None or self._pictures < _LEAST_PICTURES:
            return
        got = cv2.resize(cv2.absdiff(way.last, first).astype(np.float32), _CELLS, interpolation=cv2.INTER_AREA)
        gone = cv2.resize(way.gone(), _CELLS, interpolation=cv2.INTER_AREA)
        active = gone > _ACTIVE
        returns = None
        if np.count_nonzero(active) >= _LEAST_CELLS:
            # The median of the cells: what passes by, somewhere, is neither noise nor refining.
            returns = float(np.median(gone[active] / np.maximum(got[active], 0.01)))
        self._weigh(_Window(now_s, float(gone.mean()) / self._pictures, returns, self._pictures))

    def _weigh(self, window: _Window) -> None:
        self._is_weighed = True
        goes_to_and_fro = window.returns is not None and window.returns > _MOST_RETURNS
        if goes_to_and_fro and not self._repeats and window.end_s - self._first_s > _REPEATED_WITHIN_S:
            self.shows_life = True
        if self._lives(window):
            is_news = self._goes_on and goes_to_and_fro
            if self._repeats and not is_news and window.end_s - self._proven_s <= self._proof_s:
                # It replays what was alive once, or its habits are not known, unless its next key picture is a new one.
                self._pending_s = window.end_s
            else:
                self._alive_s.append(window.end_s)
                self._pending_s, self._unconfirmed_keys = None, 0
        self._recent.append(window)
        while window.end_s - self._recent[0].end_s > _SETTLED:
            settled = self._recent.popleft()
            if self.frozen_s < FROZEN_S:
                self._habits.append(settled)

    def _lives(self, window: _Window) -> bool:
        """Whether what changed is as usual; a stream whose habits are not known yet is taken to live."""
        if not self._knows_habits:
            return True
        returns = window.returns
        alike = [habit for habit in self._habits if habit.pictures <= _ALIKE_LENGTHS * window.pictures]
        if len(alike) < _LEAST_WINDOWS:
            return True
        usual = _quietest([habit.activity for habit in alike])
        if usual >= _HABIT_ACTIVITY and window.activity < _LESS_ACTIVITY * usual:
            return False
        known = [habit.returns for habit in alike if habit.returns is not None]
        usual_returns = _quietest(known) if len(known) >= _LEAST_WINDOWS else 0.0
        if returns is None or usual_returns < _HABIT_RETURNS:
            return True
        return returns > max(
            min(_FEW_RETURNS, _LESS_RETURNS * usual_returns), min(_MOST_RETURNS, _FAR_LESS_RETURNS * usual_returns)
        )

    def _take_key(self, small: Plane, now_s: float, unseen_s: float) -> None:
        self._compare(small)
        since_s, share = self._repetition(small, now_s)
        self._keys.append((now_s, small))
        if share < _REPEATED_SHARE:
            if self._pending_s is not None:
                self._alive_s.append(self._pending_s)
            elif not self._is_weighed:
                # There are hardly any pictures but key pictures: a new one is news.
                self._alive_s.append(now_s)
            # While nobody looked it may have lived.
            self._alive_s[-1] = min(now_s, self._alive_s[-1] + unseen_s)
            self._pending_s, self._repeats, self._is_weighed = None, False, False
            self._doubt()
            return
        self._is_weighed = False
        self._repeated_s.append(now_s)
        lately = sum(now_s - at_s <= max(_PROOF_S, self._interval_s) for at_s in self._repeated_s)
        if share >= _EXACT_SHARE or lately > 1:
            self._pending_s, self._repeats, self._proven_s, self._unconfirmed_keys = None, True, now_s, 0
            while len(self._alive_s) > 1 and self._alive_s[-1] > since_s:
                self._alive_s.pop()
            self._alive_s[-1] = min(self._alive_s[-1], since_s)

    def _compare(self, small: Plane) -> None:
        """See where key pictures differ."""
        if self._keys:
            differs = cv2.compare(small, self._keys[-1][1], cv2.CMP_NE)
            self._differed = _plane(differs if self._differed is None else cv2.bitwise_or(self._differed, differs))
            self._shown = None

    def _same_share(self, one: Plane, other: Plane) -> float:
        """Of the pixels that tell, those that are exactly the same."""
        telling = self._telling(one, other)
        return 1 - cv2.countNonZero(cv2.bitwise_and(cv2.absdiff(one, other), telling)) / cv2.countNonZero(telling)

    def _is_new(self, small: Plane, laters: deque[Plane]) -> bool:
        """Whether it is known what came so long after earlier key pictures, and this is not it."""
        return len(laters) > 0 and all(self._same_share(small, known) < _NEW_SHARE for known in laters)

    def _telling(self, one: Plane, other: Plane) -> Plane:
        """Where noise can show: what is clipped is the same in any pictures, as is a mask that the camera itself draws.

        All of the picture where there is nearly nothing else.
        """
        lit = _plane(cv2.bitwise_or(*(cv2.inRange(each, _BLACKEST + 1, _WHITEST - 1) for each in (one, other))))
        if cv2.countNonZero(lit) < _LEAST_LIT * lit.size:
            return np.full_like(lit, 255)
        if self._differed is None:
            return lit
        if self._shown is None:
            self._shown = _plane(cv2.morphologyEx(self._differed, cv2.MORPH_CLOSE, _GAPS))
        shown = _plane(cv2.bitwise_and(lit, self._shown))
        return shown if cv2.countNonZero(shown) >= _LEAST_SHOWN * shown.size else lit

    def _repetition(self, small: Plane, now_s: float) -> tuple[float, float]:
        """The earliest key picture that this one repeats: when it was, and the share of pixels that are the same."""
        for place, (at_s, known) in enumerate(self._keys):
            if now_s - at_s <= _REPEATED_WITHIN_S or place == len(self._keys) - 1:
                # Most pictures differ so much that it need not be known where.
                share = _plain_share(small, known)
                share = self._same_share(small, known) if share >= _REPEATED_SHARE else share
                if share >= _REPEATED_SHARE:
                    return at_s, share
        return now_s, 0.0

    def _doubt(self) -> None:
        """What only habits speak for must be borne out by a repeated key picture, or habits have changed."""
        if self.frozen_s < FROZEN_S:
            return
        self._unconfirmed_keys += 1
        if self._unconfirmed_keys > _KEYS_TO_CONFIRM and self._now_s - self._proven_s > self._proof_s:
            self._habits.clear()
            self._alive_s.append(self._now_s)
            self._unconfirmed_keys = 0


def thinned(luma: Plane) -> Plane:
    """A view of every n-th pixel of a luma plane, so that noise is kept; at most twice `_ROWS` rows."""
    step = max(1, luma.shape[0] // _ROWS)
    return luma[::step, ::step]


def _plain_share(one: Plane, other: Plane) -> float:
    """Of all pixels, those that are exactly the same."""
    return 1 - cv2.countNonZero(cv2.absdiff(one, other)) / one.size


def _plane(pixels: NDArray[np.generic]) -> Plane:
    return cast("Plane", pixels)


def _quietest(values: list[float]) -> float:
    return sorted(values)[int(len(values) * _QUIETEST_SHARE)]
