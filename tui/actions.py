"""Everything the console can be told to do: the one table behind bindings, footer, palette and help.

A command's label is the string `action.<id>`, its explanation `action.<id>.help`.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from sensors.access import ALLOWED, Action, Role


class Scope(StrEnum):
    """Where a command is offered."""

    EVERYWHERE = "everywhere"
    OVERVIEW = "overview"
    ALARMS = "alarms"
    ALARM = "alarm"
    CAMERAS = "cameras"
    SENSORS = "sensors"
    DEVICES = "devices"
    LOG = "log"
    WALL = "wall"
    TRAINING = "training"


WORKSPACES: Final = (Scope.OVERVIEW, Scope.ALARMS, Scope.CAMERAS, Scope.SENSORS, Scope.DEVICES, Scope.LOG)
"""The screens one key away, in the order of their digits."""


class Command(NamedTuple):
    """One thing to do. `needs` is what the hub will ask of the role; `shown` puts it in the footer."""

    id: str
    keys: tuple[str, ...]
    scopes: tuple[Scope, ...]
    needs: Action | None = None
    shown: bool = True


def _go(workspace: Scope, key: str) -> Command:
    return Command(f"go_{workspace}", (key,), (Scope.EVERYWHERE,), Action.READ_STATE, shown=False)


_LISTS = (Scope.ALARMS, Scope.CAMERAS, Scope.SENSORS, Scope.DEVICES, Scope.LOG)

COMMANDS: Final[tuple[Command, ...]] = (
    *(_go(workspace, str(number)) for number, workspace in enumerate(WORKSPACES, 1)),
    Command("go_training", ("i",), (Scope.EVERYWHERE,), Action.INSTRUCT, shown=False),
    Command("start", ("enter",), (Scope.TRAINING,), Action.INSTRUCT),
    Command("stop", ("s",), (Scope.TRAINING,), Action.INSTRUCT),
    Command("stop_all", ("x",), (Scope.TRAINING,), Action.INSTRUCT),
    Command("acknowledge", ("a",), (Scope.ALARMS, Scope.ALARM), Action.ACKNOWLEDGE_ALARM),
    Command("open", ("enter",), (Scope.OVERVIEW, Scope.ALARMS, Scope.SENSORS)),
    Command("next_unacknowledged", ("u",), (Scope.ALARMS,)),
    Command("spotlight", ("w",), (Scope.ALARMS, Scope.ALARM, Scope.CAMERAS), Action.CONTROL_WALL),
    Command("show_on_wall", ("enter",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("hold_tour", ("h",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("next_page", ("n",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("previous_page", ("b",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("end_tour", ("e",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("calm", ("m",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("keep_preset", ("p",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("drop_preset", ("x",), (Scope.WALL,), Action.CONTROL_WALL),
    Command("clear_spotlight", ("W",), (Scope.ALARMS, Scope.ALARM, Scope.CAMERAS, Scope.WALL), Action.CONTROL_WALL),
    Command("wall", ("v",), (Scope.CAMERAS,), Action.READ_STATE),
    Command("approve", ("y",), (Scope.DEVICES,), Action.APPROVE_DEVICE),
    Command("refuse", ("x",), (Scope.DEVICES,), Action.APPROVE_DEVICE),
    Command("accept", ("c",), (Scope.DEVICES,), Action.APPROVE_DEVICE),
    Command("leave", ("d",), (Scope.DEVICES,), Action.APPROVE_DEVICE),
    Command("shelf", ("s",), (Scope.DEVICES,)),
    Command("retire", ("t",), (Scope.DEVICES,), Action.APPROVE_DEVICE),
    Command("note", ("n",), (Scope.LOG,), Action.WRITE_LOG),
    Command("filter", ("/",), (*_LISTS, Scope.TRAINING)),
    Command("acknowledge_with_note", ("A",), (Scope.ALARMS, Scope.ALARM), Action.ACKNOWLEDGE_ALARM),
    Command("span", ("s",), (Scope.SENSORS,)),
    Command("other_pane", ("tab",), (Scope.SENSORS, Scope.TRAINING), shown=False),
    Command("back", ("escape",), (Scope.EVERYWHERE,), shown=False),
    Command("wall_page", ("o",), (Scope.EVERYWHERE,), Action.WATCH_WALL, shown=False),
    Command("language", ("L",), (Scope.EVERYWHERE,), shown=False),
    Command("help", ("?", "f1"), (Scope.EVERYWHERE,)),
    Command("palette", ("ctrl+p", ":"), (Scope.EVERYWHERE,)),
    Command("quit", ("q", "ctrl+q", "ctrl+c"), (Scope.EVERYWHERE,)),
)


def commands_of(scope: Scope) -> tuple[Command, ...]:
    """What can be done on one screen, its own commands first."""
    return tuple(command for command in COMMANDS if scope in command.scopes or Scope.EVERYWHERE in command.scopes)


def may(role: Role | None, command: Command) -> bool:
    """Whether the role's officer is worth asking the hub. The hub decides; this only spares a refusal."""
    return command.needs is None or (role is not None and command.needs in ALLOWED[role])


def command_named(command_id: str) -> Command:
    """The command of that id.

    Raises:
        KeyError: there is none.
    """
    return _BY_ID[command_id]


_BY_ID: Final = {command.id: command for command in COMMANDS}
