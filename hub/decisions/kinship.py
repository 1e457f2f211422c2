"""Which devices have in common what should tell them apart. Pure; its size is bounded by that of the registry."""

from collections.abc import Iterable
from typing import NamedTuple

from sensors.model import DeviceKey

MAX_KIN = 8
"""How many of those that share a token are named; a stranger who invents thousands costs no more."""


class Kin(NamedTuple):
    """One device with something in common, and what."""

    key: DeviceKey
    token: str


class Kinship:
    """An index from tokens to devices."""

    def __init__(self) -> None:
        self._holders: dict[str, dict[DeviceKey, None]] = {}
        self._tokens: dict[DeviceKey, tuple[str, ...]] = {}

    def place(self, key: DeviceKey, tokens: Iterable[str]) -> set[DeviceKey]:
        """From now on the device has these tokens, and no others; those whose kin may have changed by that."""
        before, after = self._tokens.get(key, ()), tuple(tokens)
        if before == after:
            return set()
        touched = {kin.key for kin in self.kin(key)}
        for token in before:
            holders = self._holders[token]
            del holders[key]
            if not holders:
                del self._holders[token]
        if after:
            self._tokens[key] = after
        else:
            self._tokens.pop(key, None)
        for token in after:
            self._holders.setdefault(token, {})[key] = None
        return touched | {kin.key for kin in self.kin(key)}

    def kin(self, key: DeviceKey) -> list[Kin]:
        """Others with one of the device's tokens: at most `MAX_KIN` of each token, the longest known first."""
        found: list[Kin] = []
        for token in self._tokens.get(key, ()):
            shared = 0
            for other in self._holders[token]:
                if other == key:
                    continue
                found.append(Kin(other, token))
                shared += 1
                if shared == MAX_KIN:
                    break
        return found
