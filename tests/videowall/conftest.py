"""Twelve simulated cameras for the wall's tests."""

from collections.abc import Iterator

import pytest

from tests.support.border_wall import twelve_cameras
from tests.support.camera_stand import Stand


@pytest.fixture(scope="session")
def border_stand() -> Iterator[Stand]:
    with Stand(twelve_cameras()) as stand:
        # A film that is not whole yet repeats itself, and is rightly called frozen.
        stand.draw_all({})
        yield stand


@pytest.fixture(scope="session")
def guarded_stand() -> Iterator[Stand]:
    with Stand() as stand:
        stand.draw_all({})
        yield stand
