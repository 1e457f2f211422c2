"""What surrounds a privacy mask, laid over it where a picture is judged.

A mask is flat and grey, as no camera sends it: it would hide a white-out from the figures, and count as much that never
changes. With its surroundings in its place, mirrored at its edges, a picture has the light, colour, noise and detail of
what is seen of it, and nothing of a mask, or of what that hides, is in what is judged, learnt or stored.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from videowall.picture import Plane

_Places = NDArray[np.intp]
_LEAST_SEEN = 0.05
_FOLDS = 16
"""Times that what lies deep in a mask is mirrored at most, before the nearest that is seen stands for it."""


class Patch:
    """For pictures of one size; `hidden` is not 0 wherever they are masked."""

    def __init__(self, hidden: Plane) -> None:
        is_hidden = hidden > 0
        self.is_all = float(is_hidden.mean()) > 1 - _LEAST_SEEN
        """Whether hardly anything is seen, by which the rest could be judged."""
        self._places: _Places = np.flatnonzero(is_hidden)
        self._sources = self._places if self.is_all else _mirrored(is_hidden)

    def over(self, plane: Plane) -> Plane:
        """The plane with its surroundings where it is masked: a copy."""
        patched = plane.copy()
        patched.reshape(-1)[self._places] = patched.reshape(-1)[self._sources]
        return patched


def _mirrored(is_hidden: NDArray[np.bool_]) -> _Places:
    """For each hidden pixel, the place of the seen one that stands for it, in the flat plane."""
    height, width = is_hidden.shape
    _, labels = cv2.distanceTransformWithLabels(
        is_hidden.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    seen: _Places = np.zeros(int(labels.max()) + 1, np.intp)
    seen[labels[~is_hidden]] = np.flatnonzero(~is_hidden)
    nearest = cast("_Places", seen[labels])
    rows, columns = np.nonzero(is_hidden)
    for _ in range(_FOLDS):
        deep = is_hidden[rows, columns]
        edge_rows, edge_columns = np.divmod(nearest[rows, columns], width)
        rows = np.where(deep, _folded(2 * edge_rows - rows, height), rows)
        columns = np.where(deep, _folded(2 * edge_columns - columns, width), columns)
    found = rows * width + columns
    return cast("_Places", np.where(is_hidden[rows, columns], nearest[is_hidden], found))


def _folded(places: _Places, size: int) -> _Places:
    """Places beyond the picture's edges, mirrored at them."""
    return cast("_Places", size - 1 - np.abs(size - 1 - np.abs(places)))
