"""What a camera writes into its pictures: the stamp that machines read."""

import numpy as np
import numpy.typing as npt

from sensors.stamp import Stamp, blocks

_BLACK, _GREY, _WHITE = 16, 128, 235
Canvas = npt.NDArray[np.uint8]
"""Planar YUV 4:2:0, shape (height * 3 / 2, width)."""


class Marks:
    """Writes into the pictures, `size` (width, height), of one camera; where the stamp's blocks lie is found once."""

    def __init__(self, camera: int, size: tuple[int, int]) -> None:
        self._camera = camera
        self._width, self._height = width, height = size
        drawn = blocks(Stamp(camera, 0))
        self._first_row, self._first_column = round(drawn[0].top * height), round(drawn[0].left * width)
        last = drawn[-1]
        rows = round((last.top + last.height) * height) - self._first_row
        columns = round((last.left + last.width) * width) - self._first_column
        self._blocks = np.zeros((rows, columns), np.intp)
        for number, block in enumerate(drawn):
            top, left = round(block.top * height) - self._first_row, round(block.left * width) - self._first_column
            self._blocks[top:, left:] = number  # those that follow take their parts of it

    def stamp(self, canvas: Canvas, index: int) -> None:
        """Draw the stamp of frame `index`."""
        levels = np.array([_WHITE if block.white else _BLACK for block in blocks(Stamp(self._camera, index))], np.uint8)
        top, left = self._first_row, self._first_column
        rows, columns = self._blocks.shape
        canvas[top : top + rows, left : left + columns] = levels[self._blocks]
        grey = canvas[self._height :].reshape(2, self._height // 2, self._width // 2)
        grey[:, round(top / 2) : round((top + rows) / 2), round(left / 2) : round((left + columns) / 2)] = _GREY
