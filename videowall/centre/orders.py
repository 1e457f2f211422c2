"""What the centre may ask of a wall about its cameras' views, and the wall's answers."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from sensors.dialects.native import CommandPayload, decode_command, encode_ack
from sensors.errors import ShekaraError
from sensors.model import DeviceId, DeviceKey, Ident, SiteId, Value
from sensors.wall_orders import ANSWER, EXPECT_MOVE

ACCEPT, EXPECT = "accept-reference", EXPECT_MOVE
MAX_MOVE_S = 3600.0
_REMEMBERED = 64


class Views(Protocol):
    """The wall, as far as orders concern it."""

    async def accept_view(self, key: DeviceKey) -> None:
        """From now on a camera shall look as it does.

        Raises:
            NotFoundError: the wall has no picture of it.
        """
        ...

    def expect_move(self, key: DeviceKey, for_s: float) -> None:
        """A camera is being turned on purpose, whether the wall shows it already or not."""
        ...


class _Camera(Struct, frozen=True, forbid_unknown_fields=True):
    site: Ident
    camera: Ident
    seconds: float | None = None


class Orders:
    """Does each command once; a repeated one is answered as it was. Bad ones are counted or refused, never raised.

    What the centre answers to orders of the wall's page goes to `hear_answer(id, refusal)`, and needs no answer.
    """

    def __init__(self, views: Views, hear_answer: Callable[[str, str], None]) -> None:
        self.rejected_total = 0
        self._views = views
        self._hear_answer = hear_answer
        self._answers: OrderedDict[str, bytes] = OrderedDict()

    async def answer(self, payload: bytes) -> bytes | None:
        """Do what a command says; its acknowledgement, or None when it is no command."""
        command = decode_command(payload)
        if isinstance(command, str):
            self.rejected_total += 1
            return None
        if command.name == ANSWER:
            self._hear_answer(str(command.arguments.get("order", "")), str(command.arguments.get("text", "")))
            return None
        known = self._answers.get(command.id)
        if known is not None:
            return known
        refusal = await self._obey(command)
        answer = self._answers[command.id] = encode_ack(command.id, done=not refusal, text=refusal)
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    async def _obey(self, command: CommandPayload) -> str:
        """An empty text, or why it cannot be done."""
        try:
            if command.name == ACCEPT:
                key, seconds = _read(command.arguments)
                if seconds is not None:
                    return "seconds: has no meaning here"
                await self._views.accept_view(key)
            elif command.name == EXPECT:
                key, seconds = _read(command.arguments)
                if seconds is None or not 0 <= seconds <= MAX_MOVE_S:
                    return f"seconds: 0 to {MAX_MOVE_S:.0f} are needed"
                self._views.expect_move(key, seconds)
            else:
                return f"unknown command, expected {ACCEPT} or {EXPECT}"
        except msgspec.ValidationError as error:
            return str(error)
        except ShekaraError as error:
            return error.text
        return ""


def _read(arguments: Mapping[str, Value]) -> tuple[DeviceKey, float | None]:
    camera = msgspec.convert(dict(arguments), _Camera)
    return DeviceKey(SiteId(camera.site), DeviceId(camera.camera)), camera.seconds
