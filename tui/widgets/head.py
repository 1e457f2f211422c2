"""The lines that nothing may cover: link, clock and officer; unacknowledged alarms; the way to each screen."""

from tui.actions import WORKSPACES, Scope, command_named, may
from tui.console import Console
from tui.figures import shown_time
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit, width_of
from tui.order import newest_alarm, unacknowledged
from tui.store import Link
from tui.widgets.painted import Painted

_LEAST_REASON = 16
"""Cells that a reason must have to say anything."""


class Head(Painted):
    """Three lines at the top of every screen."""

    def __init__(self, console: Console, scope: Scope) -> None:
        super().__init__(lambda width: (_link(console, width), _alarms(console), _tabs(console, scope, width)))


def _link(console: Console, width: int) -> Pieces:
    right = (
        Piece(shown_time(console.clock.now(), console.zone), Tone.STRONG),
        Piece(f" {console.city} "),
    )
    mark = (Piece(f" {console.words('exercise.mark')} ", Tone.EXERCISE),) if console.store.exercise else ()
    room = width - _width((*mark, *right))
    left = (*mark, *(_lost(console, room) if console.store.link in (Link.LOST, Link.SILENT) else _linked(console)))
    room = width - _width((*left, *right)) - 4
    who = next((text for text in _who(console) if width_of(text) <= room), "")
    return (*left, Piece(" " * max(1, room + 2 - width_of(who))), Piece(f"{who}  "), *right)


def _linked(console: Console) -> Pieces:
    sign = console.glyphs.link(up=console.store.link is Link.UP)
    state = console.words(f"link.{console.store.link}")
    return (
        Piece(f" {console.words('app.title')}  ", Tone.STRONG),
        Piece(f"{sign.glyph} ", sign.tone),
        Piece(f"{state} {console.glyphs.dot} {_data_at(console)}"),
    )


def _lost(console: Console, width: int) -> Pieces:
    """The banner, with as much beside it as there is room for: since when, and why as far as it is known."""
    words, store, dot = console.words, console.store, f" {console.glyphs.dot} "
    banner = Piece(f" {words(f'link.{store.link}')} ", Tone.LOUD)
    facts = [console.age(store.link_since) if store.link_since else "", _data_at(console)]
    if store.link is Link.LOST:
        facts.append(words("link.retrying"))
    room = width - width_of(banner.text) - 5
    while len(facts) > 1 and width_of(dot.join(facts)) > room:
        facts.pop()
    left = room - width_of(dot.join([*facts, ""]))
    if store.link_reason and left >= _LEAST_REASON:
        facts.append(fit(store.link_reason, left).rstrip())
    return banner, Piece(f" {dot.join(facts)}", Tone.STRONG)


def _who(console: Console) -> tuple[str, ...]:
    """Who is signed in, in full and shorter."""
    store, dot = console.store, f" {console.glyphs.dot} "
    return (
        (f"{store.principal_name}{dot}{console.words(f'role.{store.role}')}", store.principal_name)
        if store.role
        else ()
    )


def _width(pieces: Pieces) -> int:
    return sum(width_of(piece.text) for piece in pieces)


def _data_at(console: Console) -> str:
    at = console.store.data_at
    if at is None:
        return console.words("link.no_data")
    if console.store.link is Link.UP:
        return console.words("link.fresh")
    return console.words("link.data_at", time=shown_time(at, console.zone))


def _alarms(console: Console) -> Pieces:
    store, words = console.store, console.words
    counts = unacknowledged(store.alarms.values())
    stale = () if store.link is Link.UP else (Piece(f" {console.glyphs.stale}", Tone.STALE),)
    if not counts:
        standing = f"  {words('bar.standing', count=len(store.alarms))}" if store.alarms else ""
        return (*stale, Piece(f" {words('bar.none')}{standing}", Tone.MUTED))
    pieces: list[Piece] = [*stale]
    for priority, count in counts.items():
        sign = console.glyphs.priority(priority, acknowledged=False)
        pieces.append(Piece(" "))
        pieces.append(Piece(sign.glyph, sign.tone, sign.blinks))
        pieces.append(Piece(f" {count} {words(f'priority.{priority}')} ", sign.tone))
    if (newest := newest_alarm(store.alarms.values())) is not None:
        text = f"{shown_time(newest.raised_at, console.zone)} {console.place(newest.key)}: {words.name(newest.message)}"
        pieces.append(Piece(f" {console.glyphs.bar} {text} "))
    return tuple(pieces)


def _tabs(console: Console, scope: Scope, width: int) -> Pieces:
    tabs = [(str(number), workspace) for number, workspace in enumerate(WORKSPACES, 1)]
    if console.store.exercise and may(console.store.role, command_named("go_training")):
        tabs.append(("i", Scope.TRAINING))
    labels = [(f" {key} ", f"{console.words(f'tab.{workspace}')} ", workspace) for key, workspace in tabs]
    gap = " " if sum(width_of(key) + width_of(name) + 1 for key, name, _ in labels) <= width + 1 else ""
    pieces: list[Piece] = []
    for key, name, workspace in labels:
        here = workspace is scope
        pieces.append(Piece(key, Tone.HERE if here else Tone.MUTED))
        pieces.append(Piece(name, Tone.HERE if here else Tone.NORMAL))
        pieces.append(Piece(gap))
    return tuple(pieces)
