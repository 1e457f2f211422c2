"""The wall on this machine's own screen: the canvas as it stands, full screen, without any encoding."""

import threading
from collections.abc import Callable, Mapping

import cv2

from sensors.errors import ConfigError
from videowall.outputs.monitor import Monitor
from videowall.picture import Planes, to_bgr

_TITLE = "Shekara"
_CLOSING_KEYS = frozenset({27, ord("q"), ord("Q")})


def check_display(environ: Mapping[str, str]) -> None:
    """Make sure that there is a screen to open a window on.

    Raises:
        ConfigError: there is none.
    """
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "there is no display",
            subject="shekara wall --window",
            mend="Run it in a desktop session, set DISPLAY, or leave out --window and open the wall's page",
        )


def show_window(
    snapshot: Callable[[], Planes],
    fps: Callable[[], float],
    stopping: threading.Event,
    monitor: Monitor | None = None,
) -> None:
    """Show the wall until Esc, q, the window's own close button, or `stopping`. Needs the process's main thread.

    A window becomes full screen on the monitor where it is, so it is put there first; where no window manager sees to
    that, it has the monitor's size all the same.
    """
    cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    if monitor is not None:
        cv2.resizeWindow(_TITLE, monitor.width, monitor.height)
        cv2.moveWindow(_TITLE, monitor.x, monitor.y)
    cv2.setWindowProperty(_TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)
    was_visible = False
    try:
        while not stopping.is_set():
            cv2.imshow(_TITLE, to_bgr(snapshot()))
            if cv2.waitKey(max(1, round(1000 / fps()))) & 0xFF in _CLOSING_KEYS:
                return
            is_visible = cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1
            if was_visible and not is_visible:
                return
            # A busy display may take its time to open it: that is not somebody who closes it.
            was_visible = was_visible or is_visible
    finally:
        cv2.destroyAllWindows()
