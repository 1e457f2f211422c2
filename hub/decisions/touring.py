"""Where a wall's tour is: which page, since when. Time is an argument."""

from dataclasses import dataclass

PRELOAD_S = 5.0
"""So long before a page is turned, the streams of the next one are opened; half its time, if that is shorter."""


@dataclass(slots=True)
class Touring:
    """One wall's tour; `page` counts from 0. While it is held its page stays, and has its whole time again later."""

    page: int = 0
    since_s: float | None = None
    next_at_s: float | None = None
    """When there will be something to do though nothing has happened."""
    _was_held: bool = False

    def turn_to(self, page: int) -> None:
        """Show a page from now on."""
        self.page, self.since_s = page, None

    def look(self, dwells_s: tuple[float, ...], *, held: bool, now_s: float) -> bool:
        """Turn the page if it is time; whether the next one is to be made ready."""
        self.page %= len(dwells_s)
        if held or self._was_held or self.since_s is None:
            self.since_s = now_s
        self._was_held = held
        if now_s - self.since_s >= dwells_s[self.page]:
            self.page, self.since_s = (self.page + 1) % len(dwells_s), now_s
        dwell_s = dwells_s[self.page]
        preload_at_s = self.since_s + dwell_s - min(PRELOAD_S, dwell_s / 2)
        if held or len(dwells_s) == 1:
            self.next_at_s = None
            return False
        is_soon = now_s >= preload_at_s
        self.next_at_s = self.since_s + dwell_s if is_soon else preload_at_s
        return is_soon
