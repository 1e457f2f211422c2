"""SRT's encryption: AES in counter mode under a key of our own, which the passphrase wraps (draft, section 6). Pure."""

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

KEY_BYTES: Final = 32
ENCRYPTION_FIELD: Final = KEY_BYTES // 8
"""As a handshake names the key's length."""
LEAST_LENGTH, MOST_LENGTH = 10, 79
_SALT_BYTES: Final = 16
_ITERATIONS: Final = 2048
_COUNTER_MODE, _LIVE = 2, 2


class Secrecy:
    """One session's key. The protocol prescribes SHA-1 for deriving the wrapping key, where it still does no harm."""

    def __init__(self, passphrase: str) -> None:
        self._salt = os.urandom(_SALT_BYTES)
        self._key = os.urandom(KEY_BYTES)
        derivation = PBKDF2HMAC(SHA1(), KEY_BYTES, self._salt[8:], _ITERATIONS)  # noqa: S303 - as said
        wrapped = aes_key_wrap(derivation.derive(passphrase.encode()), self._key)
        self.message = (
            bytes((0x12, 0x20, 0x29, 1, 0, 0, 0, 0, _COUNTER_MODE, 0, _LIVE, 0, 0, 0))
            + bytes((_SALT_BYTES // 4, KEY_BYTES // 4))
            + self._salt
            + wrapped
        )
        """What tells the receiver the key, if it knows the passphrase."""

    def encrypt(self, sequence: int, payload: bytes) -> bytes:
        """The payload of the packet of that number."""
        number = sequence.to_bytes(4, "big")
        start = bytearray(self._salt[:14] + b"\0\0")
        for place, byte in enumerate(number, 10):
            start[place] ^= byte
        encryptor = Cipher(algorithms.AES(self._key), modes.CTR(bytes(start))).encryptor()
        return encryptor.update(payload) + encryptor.finalize()
