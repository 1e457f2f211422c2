"""What can be done about an alarm, the same from the list and from its own screen."""

from hub.protocol import AlarmView
from tui.order import wants_acknowledgement
from tui.screens.desk import Desk
from tui.screens.dialog import Writing


class AlarmDesk(Desk):
    """A screen with an alarm under the officer's eyes."""

    def selected_alarm(self) -> AlarmView | None:
        """The alarm that commands mean."""
        return None

    def action_acknowledge(self) -> None:
        """Accept it; the order names the occurrence, so it can not hit a newer one."""
        self._acknowledge("")

    def action_acknowledge_with_note(self) -> None:
        """Accept it with the officer's words."""
        alarm = self.selected_alarm()
        if alarm is None or not wants_acknowledgement(alarm):
            self._acknowledge("")
            return
        words = self.console.words

        def finish(text: str | None) -> None:
            if text is not None:
                self._order_acknowledgement(alarm, text)

        self.app.push_screen(Writing(words("dialog.acknowledge_title"), words("dialog.note_hint")), finish)

    def action_spotlight(self) -> None:
        """Its first camera on the wall's large tile."""
        alarm = self.selected_alarm()
        if alarm is None:
            return
        if not alarm.cameras:
            self.tell(self.console.words("told.no_camera"), severity="warning")
            return
        self.spotlight(alarm.cameras[0])

    def _acknowledge(self, text: str) -> None:
        alarm = self.selected_alarm()
        if alarm is None:
            return
        if not wants_acknowledgement(alarm):
            self.tell(self.console.words("told.already"))
            return
        self._order_acknowledgement(alarm, text)

    def _order_acknowledgement(self, alarm: AlarmView, text: str) -> None:
        told = self.console.words("told.acknowledged", name=self.console.place(alarm.key))
        late = self.console.words("told.moved_on")
        self.order(self.console.hub.acknowledge(alarm.occurrence, text), told, late=late)
