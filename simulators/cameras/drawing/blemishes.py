"""What can be wrong with a picture before the camera's electronics touch it: functions of one drawn frame."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from simulators.cameras.drawing.projection import Pixels
from simulators.cameras.vocabulary import Blemish

_DARK = 3
_GLARE, _GLARE_SHARE = 222.0, 0.2
_BLUR_WIDTHS = 1 / 70
_GLOW_SHRINK = 8
_CLOTH = (52, 58, 66)
_LEAK = 0.07
_TURN_DEG, _TURN_WIDTHS, _TURN_HEIGHTS = 5.0, 0.38, 0.08
_NOISE_DEVIATION = 48.0


def spoil(picture: Pixels, blemish: Blemish, index: int) -> Pixels:
    """A picture (BGR) as a lens with this blemish gives it: another array of the same shape, or the same without any.

    `index` is the frame's number, which noise follows from.
    """
    return _EFFECTS[blemish](picture, index)


def _black(picture: Pixels, _: int) -> Pixels:
    return np.full_like(picture, _DARK)


def _white(picture: Pixels, _: int) -> Pixels:
    return np.asarray(np.minimum(picture * np.float32(_GLARE_SHARE) + _GLARE, 255), np.uint8)


def _blurred(picture: Pixels, _: int) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), picture.shape[1] * _BLUR_WIDTHS), np.uint8)


def _glow(picture: Pixels) -> Pixels:
    """What little comes through: blurred far more, where it is small, for a hundredth of the work."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // _GLOW_SHRINK, height // _GLOW_SHRINK), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), width * 3 * _BLUR_WIDTHS / _GLOW_SHRINK)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _covered(picture: Pixels, _: int) -> Pixels:
    """A cloth over the lens: dark, without detail, a little light coming through."""
    height, width = picture.shape[:2]
    folds = np.sin(np.linspace(0.0, 5.0, width, dtype=np.float32))[None, :] * 5
    fall = np.linspace(8.0, -8.0, height, dtype=np.float32)[:, None]
    cloth = np.array(_CLOTH, np.float32) + (folds + fall)[:, :, None]
    return np.asarray(np.clip(cloth + _LEAK * _glow(picture), 0, 255), np.uint8)


def _turned(picture: Pixels, _: int) -> Pixels:
    """Another part of the scene, and not level; beyond the old edges it goes on as in a mirror."""
    height, width = picture.shape[:2]
    motion = cv2.getRotationMatrix2D((width / 2, height / 2), _TURN_DEG, 1.0)
    motion[:, 2] += (_TURN_WIDTHS * width, _TURN_HEIGHTS * height)
    return np.asarray(cv2.warpAffine(picture, motion, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def _noisy(picture: Pixels, index: int) -> Pixels:
    noise = np.random.default_rng(index).standard_normal(picture.shape[:2], np.float32) * _NOISE_DEVIATION
    return np.asarray(np.clip(picture + noise[:, :, None], 0, 255), np.uint8)


_EFFECTS: Mapping[Blemish, Callable[[Pixels, int], Pixels]] = {
    Blemish.NONE: lambda picture, _: picture,
    Blemish.BLACK: _black,
    Blemish.WHITE: _white,
    Blemish.BLURRED: _blurred,
    Blemish.COVERED: _covered,
    Blemish.TURNED: _turned,
    Blemish.NOISY: _noisy,
}
