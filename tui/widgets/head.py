"""The lines that nothing may cover: link, clock and officer; unacknowledged alarms; the way to each screen."""

from tui.actions import WORKSPACES, Scope
from tui.console import Console
from tui.figures import shown_time
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, width_of
from tui.order import newest_alarm, unacknowledged
from tui.store import Link
from tui.widgets.painted import Painted


class Head(Painted):
    """Three lines at the top of every screen."""

    DEFAULT_CSS = """
    Head { height: 3; dock: top; background: $panel; }
    """

    def __init__(self, console: Console, scope: Scope) -> None:
        super().__init__(lambda width: (_link(console, width), _alarms(console), _tabs(console, scope)))


def _link(console: Console, width: int) -> Pieces:
    store, words, dot = console.store, console.words, f" {console.glyphs.dot} "
    now = shown_time(console.clock.now(), console.zone)
    right = (Piece(now, Tone.STRONG), Piece(f" {words('zone.city')} "))
    if store.link is Link.LOST:
        lost = f" {words('link.lost')} "
        since = console.age(store.link_since) if store.link_since else ""
        left: Pieces = (
            Piece(lost, Tone.LOUD),
            Piece(f" {since}{dot}{_data_at(console)}{dot}{words('link.retrying')}", Tone.STRONG),
        )
    else:
        sign = console.glyphs.link(up=store.link is Link.UP)
        left = (
            Piece(f" {words('app.title')}  ", Tone.STRONG),
            Piece(f"{sign.glyph} ", sign.tone),
            Piece(f"{words(f'link.{store.link}')}{dot}{_data_at(console)}", Tone.NORMAL),
        )
    room = width - sum(width_of(piece.text) for piece in (*left, *right)) - 4
    who = next((text for text in _who(console, dot) if width_of(text) <= room), "")
    return (*left, Piece(" " * max(1, room + 2 - width_of(who))), Piece(f"{who}  "), *right)


def _who(console: Console, dot: str) -> tuple[str, ...]:
    """Who is signed in, in full and shorter."""
    store = console.store
    return (
        (f"{store.principal_name}{dot}{console.words(f'role.{store.role}')}", store.principal_name)
        if store.role
        else ()
    )


def _data_at(console: Console) -> str:
    at = console.store.data_at
    if at is None:
        return console.words("link.no_data")
    return console.words("link.data_at", time=shown_time(at, console.zone))


def _alarms(console: Console) -> Pieces:
    store, words = console.store, console.words
    counts = unacknowledged(store.alarms.values())
    if not counts:
        standing = f"  {words('bar.standing', count=len(store.alarms))}" if store.alarms else ""
        return (Piece(f" {words('bar.none')}{standing}", Tone.MUTED),)
    pieces: list[Piece] = []
    for priority, count in counts.items():
        sign = console.glyphs.priority(priority, acknowledged=False)
        pieces.append(Piece(" "))
        pieces.append(Piece(sign.glyph, sign.tone, sign.blinks))
        pieces.append(Piece(f" {count} {words(f'priority.{priority}')} ", sign.tone))
    if (newest := newest_alarm(store.alarms.values())) is not None:
        text = f"{shown_time(newest.raised_at, console.zone)} {console.place(newest.key)}: {words.name(newest.message)}"
        pieces.append(Piece(f" {console.glyphs.bar} {text} "))
    return tuple(pieces)


def _tabs(console: Console, scope: Scope) -> Pieces:
    pieces: list[Piece] = []
    for number, workspace in enumerate(WORKSPACES, 1):
        here = workspace is scope
        pieces.append(Piece(f" {number} ", Tone.HERE if here else Tone.MUTED))
        pieces.append(Piece(f"{console.words(f'tab.{workspace}')} ", Tone.HERE if here else Tone.NORMAL))
        pieces.append(Piece(" "))
    return tuple(pieces)
