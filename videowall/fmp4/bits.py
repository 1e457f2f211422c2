"""Reading the parameter sets of H.264 and H.265: bits and Exp-Golomb numbers, emulation prevention taken out."""

from typing import Final

from sensors.errors import WireError

_MAX_LEADING_ZEROS: Final = 32


class Bits:
    """Bits of a parameter set's payload, first one first; `subject` names it in errors."""

    def __init__(self, payload: bytes, subject: str) -> None:
        payload = payload.replace(b"\x00\x00\x03", b"\x00\x00")
        self._subject = subject
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def take(self, count: int) -> int:
        """The next bits as a number."""
        self._left -= count
        if self._left < 0:
            raise WireError("is cut short", subject=self._subject)
        return (self._value >> self._left) & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        """Pass over bits."""
        self.take(count)

    def unsigned(self) -> int:
        """An Exp-Golomb number (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _MAX_LEADING_ZEROS:
                raise WireError("holds a number that is too large", subject=self._subject)
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """A signed Exp-Golomb number (9.1.1)."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
