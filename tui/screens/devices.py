"""The registry: what was found, what a technician let in, what was kept out."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from hub.protocol import Approval, DeviceView
from sensors.model import DeviceKey
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.figures import shown_moment
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit
from tui.order import matches, waiting_first
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

    def compose_body(self) -> ComposeResult:
        """The registry, and what is known of the selected device under it."""
        yield self.table
        with Vertical(id="facts"):
            yield self._facts

    def relist(self) -> None:
        """Those that wait first."""
        self.table.list.show([device.key for device in waiting_first(self.console.store) if self._passes(device)])

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        self.table.tick()
        self._facts.tick()

    def on_live_list_moved(self) -> None:
        """Another device's facts."""
        self._facts.tick()

    def action_approve(self) -> None:
        """Let it in, after asking."""
        self._decide(Approval.APPROVED)

    def action_refuse(self) -> None:
        """Keep it out, after asking."""
        self._decide(Approval.REFUSED)

    def _decide(self, approval: Approval) -> None:
        key = self.table.list.cursor
        if key is None:
            return
        words, hub = self.console.words, self.console.hub
        name = self.console.place(key)
        verb, decide, told = (
            ("approve", hub.approve, "told.approved")
            if approval is Approval.APPROVED
            else ("refuse", hub.refuse, "told.refused")
        )

        def finish(sure: bool | None) -> None:  # noqa: FBT001 - the callback's shape
            if sure:
                self.order(decide(key, ""), words(told, name=name))

        question = Question(
            words(f"dialog.{verb}_ask", name=name, device=key),
            words(f"dialog.{verb}", name=name),
            words("dialog.cancel"),
        )
        self.app.push_screen(question, finish)

    def _passes(self, device: DeviceView) -> bool:
        words = self.console.words
        return not self.filter_text or matches(
            self.filter_text,
            self.console.place(device.key),
            str(device.key),
            device.kind,
            words(f"approval.{device.approval}"),
            words(f"liveness.{device.liveness}"),
        )

    def _cells(self, key: DeviceKey) -> tuple[Pieces, ...]:
        device = self.console.store.devices.get(key)
        if device is None:
            return ((),) * 8
        console, words = self.console, self.console.words
        approval, liveness = console.glyphs.approval(device.approval), console.glyphs.liveness(device.liveness)
        return (
            (Piece(approval.glyph, approval.tone),),
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
        if device is None:
            return ()
        zone = self.console.zone
        facts = (
            ("device.maker", " ".join(filter(None, (device.maker, device.model)))),
            ("device.serial", device.serial),
            ("device.firmware", device.firmware),
            ("device.class", device.equipment_class),
            ("device.via", device.via or ""),
            ("device.metrics", ", ".join(metric.name for metric in device.metrics)),
            ("device.streams", ", ".join(f"{stream.role} {stream.width}x{stream.height}" for stream in device.streams)),
            ("device.provenance", ", ".join(device.provenance)),
            ("device.last_seen", shown_moment(device.last_seen_at, zone) if device.last_seen_at else ""),
        )
        half = width // 2 if width >= 100 else width
        shown = [self._fact(label, text, half) for label, text in facts if text]
        head = (Piece(f" {self.console.place(device.key)} ", Tone.STRONG), Piece(str(device.key), Tone.MUTED))
        if half == width:
            return head, *shown[:5]
        rows = (len(shown) + 1) // 2
        return head, *((*shown[row], *(shown[row + rows] if row + rows < len(shown) else ())) for row in range(rows))

    def _fact(self, label: str, text: str, width: int) -> Pieces:
        return (
            Piece(f" {fit(self.console.words(label), _LABEL_WIDTH)} ", Tone.MUTED),
            Piece(fit(text, max(0, width - _LABEL_WIDTH - 2))),
        )
