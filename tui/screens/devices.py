"""The registry: what was found, what a technician let in, what was kept out."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from hub.protocol import Conflict, ConflictKind, DeviceView
from sensors.model import DeviceKey, Stream
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.figures import shown_moment
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit
from tui.order import Shelf, matches, waiting_first
from tui.screens.desk import Desk
from tui.screens.dialog import Question
from tui.widgets.painted import Painted
from tui.widgets.table import Table

_COLUMNS = Columns(
    Column("", 1),
    Column("column.approval", 14),
    Column("column.site", 10, grows=True),
    Column("column.device", 16, grows=True),
    Column("column.kind", 14, from_width=90),
    Column("", 1),
    Column("column.state", 11),
    Column("column.age", 7, right=True),
)
_LABEL_WIDTH = 20
_DISMISSIBLE = tuple(kind for kind in ConflictKind if kind is not ConflictKind.MIXED)


class Devices(Desk):
    """Discovery proposes, a technician decides."""

    SCOPE: ClassVar[Scope] = Scope.DEVICES

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.table: Table[DeviceKey] = Table(
            _COLUMNS,
            self._cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "empty.devices"),
            id="registry",
        )
        self._facts = Painted(self._fact_lines)
        self._shelf = Shelf.CURRENT

    def compose_body(self) -> ComposeResult:
        """The registry, and what is known of the selected device under it."""
        yield self.table
        with Vertical(id="facts"):
            yield self._facts

    def relist(self) -> None:
        """Those that wait first."""
        shelved = waiting_first(self.console.store, self._shelf)
        self.table.list.show([device.key for device in shelved if self._passes(device)])

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        self.table.tick()
        self._facts.tick()

    def on_live_list_moved(self) -> None:
        """Another device's facts."""
        self._facts.tick()

    def action_shelf(self) -> None:
        """The next part of the registry."""
        self._shelf = self._shelf.next
        self.relist()
        self.tick_body()

    def action_approve(self) -> None:
        """Let it in, after asking; what does not belong to this hub cannot be let in."""
        device = self.console.store.devices.get(self.table.list.cursor) if self.table.list.cursor else None
        mixed = next((each for each in device.conflicts if each.kind is ConflictKind.MIXED), None) if device else None
        if device is not None and mixed is not None:
            name = self.console.place(device.key)
            self.tell(self.console.words("told.mixed", name=name, reason=self._doubt(mixed)), severity="warning")
            return
        self._ask("approve", self.console.hub.approve)

    def action_refuse(self) -> None:
        """Keep it out, after asking."""
        self._ask("refuse", self.console.hub.refuse)

    def action_retire(self) -> None:
        """Take it out of service, after asking."""
        self._ask("retire", self.console.hub.retire)

    def action_accept(self) -> None:
        """Let it be what it says that it is now, after asking."""
        self._settle("accept", self.console.hub.accept, (ConflictKind.CHANGED, ConflictKind.TWO_SOURCES))

    def action_leave(self) -> None:
        """Leave it as it is, after asking."""
        self._settle("leave", self.console.hub.dismiss, _DISMISSIBLE)

    def _ask(self, verb: str, decide: Callable[[DeviceKey, str], Awaitable[object]]) -> None:
        if (key := self.table.list.cursor) is not None:
            self._carry_out(verb, key, lambda: decide(key, ""))

    def _settle(
        self,
        verb: str,
        settle: Callable[[DeviceKey, str, str], Awaitable[object]],
        kinds: tuple[ConflictKind, ...],
    ) -> None:
        """Settle the oldest doubt of the device: the one that is on the screen now, not one that comes meanwhile."""
        key = self.table.list.cursor
        device = self.console.store.devices.get(key) if key is not None else None
        if key is None or device is None:
            return
        conflict = next((each for each in device.conflicts if each.kind in kinds), None)
        if conflict is None:
            self.tell(self.console.words("told.no_doubt", name=self.console.place(key)), severity="warning")
            return
        self._carry_out(verb, key, lambda: settle(key, conflict.mark, ""), self._doubt(conflict))

    def _carry_out(self, verb: str, key: DeviceKey, order: Callable[[], Awaitable[object]], doubt: str = "") -> None:
        words, name = self.console.words, self.console.place(key)

        def finish(sure: bool | None) -> None:  # noqa: FBT001 - the callback's shape
            if sure:
                self.order(order(), words(f"told.{verb}", name=name))

        fields = {"name": name, "device": str(key), **({"doubt": doubt} if doubt else {})}
        question = Question(
            words(f"dialog.{verb}_ask", **fields), words(f"dialog.{verb}", name=name), words("dialog.cancel")
        )
        self.app.push_screen(question, finish)

    def _doubt(self, conflict: Conflict) -> str:
        """A doubt in words, with what it is about."""
        if conflict.kind is ConflictKind.MIXED:
            return self.console.words("mixed.actual" if self.console.store.exercise else "mixed.simulated")
        others = ", ".join(str(each) for each in conflict.others)
        details = "; ".join(filter(None, (conflict.text, others)))
        phrase = self.console.words(f"conflict.{conflict.kind}")
        return f"{phrase}: {details}" if details else phrase

    def _passes(self, device: DeviceView) -> bool:
        words = self.console.words
        return not self.filter_text or matches(
            self.filter_text,
            self.console.place(device.key),
            str(device.key),
            device.kind,
            words(f"approval.{device.approval}"),
            words(f"liveness.{device.liveness}"),
            *(words(f"conflict.{conflict.kind}") for conflict in device.conflicts),
        )

    def _cells(self, key: DeviceKey) -> tuple[Pieces, ...]:
        device = self.console.store.devices.get(key)
        if device is None:
            return ((),) * 8
        console, words = self.console, self.console.words
        approval, liveness = console.glyphs.approval(device.approval), console.glyphs.liveness(device.liveness)
        mark = console.glyphs.doubt if device.conflicts else approval
        return (
            (Piece(mark.glyph, mark.tone),),
            (Piece(words(f"approval.{device.approval}"), approval.tone),),
            (Piece(console.site(key)),),
            (Piece(console.device(key)),),
            (Piece(device.kind, Tone.MUTED),),
            (Piece(liveness.glyph, liveness.tone),),
            (Piece(words(f"liveness.{device.liveness}"), liveness.tone),),
            (Piece(console.age(device.liveness_since), Tone.MUTED),),
        )

    def _fact_lines(self, width: int) -> tuple[Pieces, ...]:
        device = self.console.store.devices.get(self.table.list.cursor) if self.table.list.cursor else None
        words, zone = self.console.words, self.console.zone
        shelf = Piece(f" {words(f'shelf.{self._shelf}')} ", Tone.MUTED if self._shelf is Shelf.CURRENT else Tone.STRONG)
        if device is None:
            return ((shelf,),)
        facts = (
            ("device.same_as", ", ".join(str(key) for key in device.same_as)),
            ("device.maker", " ".join(filter(None, (device.maker, device.model)))),
            ("device.serial", device.serial),
            ("device.firmware", device.firmware),
            ("device.class", device.equipment_class),
            ("device.via", device.via or ""),
            ("device.metrics", ", ".join(metric.name for metric in device.metrics)),
            ("device.streams", ", ".join(self._stream(device, stream) for stream in device.streams)),
            ("device.identities", ", ".join(device.identities)),
            ("device.provenance", ", ".join(device.provenance)),
            ("device.last_seen", shown_moment(device.last_seen_at, zone) if device.last_seen_at else ""),
        )
        half = width // 2 if width >= 100 else width
        shown = [self._fact(label, text, half) for label, text in facts if text]
        name = f" {self.console.place(device.key)} "
        head = (Piece(name, Tone.STRONG), Piece(str(device.key), Tone.MUTED), Piece("  "), shelf)
        doubts = tuple(self._fact("device.doubts", self._doubt(each), width) for each in device.conflicts[:2])
        if half == width:
            return head, *doubts, *shown[: 5 - len(doubts)]
        rows = (len(shown) + 1) // 2
        return (
            head,
            *doubts,
            *((*shown[row], *(shown[row + rows] if row + rows < len(shown) else ())) for row in range(rows)),
        )

    def _stream(self, device: DeviceView, stream: Stream) -> str:
        """A stream and how its camera answered for it, and where only the camera said it, what is in it."""
        check = next((each for each in device.checks if each.url == stream.url), None)
        width, height = (stream.width, stream.height) if stream.width or check is None else (check.width, check.height)
        size = f"{width}x{height}" if width else ""
        state = self.console.words(f"stream.{check.state}") if check else ""
        codec = stream.codec or (check.codec if check else "")
        return " ".join(filter(None, (stream.role.value, size, codec, f"({state})" if state else "")))

    def _fact(self, label: str, text: str, width: int) -> Pieces:
        return (
            Piece(f" {fit(self.console.words(label), _LABEL_WIDTH)} ", Tone.MUTED),
            Piece(fit(text, max(0, width - _LABEL_WIDTH - 2))),
        )
