"""Where a camera that turns looks, beside straight ahead. Importing it loads no video library."""

from typing import Annotated

from msgspec import Meta, Struct

PAN_MOST_DEG, TILT_LEAST_DEG, TILT_MOST_DEG, ZOOM_MOST = 50.0, -45.0, 10.0, 6.0


class Look(Struct, frozen=True, forbid_unknown_fields=True):
    """Degrees to the right of and above the camera's own view, and how many times larger than in it things are."""

    pan_deg: Annotated[float, Meta(ge=-PAN_MOST_DEG, le=PAN_MOST_DEG)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=TILT_LEAST_DEG, le=TILT_MOST_DEG)] = 0.0
    zoom: Annotated[float, Meta(ge=1.0, le=ZOOM_MOST)] = 1.0


AHEAD = Look()
"""A camera's own view."""
