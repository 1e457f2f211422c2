"""The hub's Ed25519 key pair: it signs sign-ins, and every wall node checks them with the public half.

Files in `<data_dir>/keys`: `session.key` (private, 0600) and `session.pub` (readable by wall nodes).
"""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from sensors.errors import ConfigError

PRIVATE_NAME = "session.key"
PUBLIC_NAME = "session.pub"
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644


class SigningKeys(Struct, frozen=True):
    """Both halves in PEM; the repr shows neither."""

    private_pem: str
    public_pem: str

    def __repr__(self) -> str:
        return "SigningKeys(…)"


def load_or_create_keys(data_dir: Path) -> SigningKeys:
    """The key pair of this data directory, made now when there is none. Two processes at once get the same pair.

    Raises:
        ConfigError: the files cannot be read or written, hold no Ed25519 key, or others may read the private one.
    """
    folder = data_dir / "keys"
    private_file = folder / PRIVATE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not private_file.exists():
            _create(private_file, _new_private_pem(), _PRIVATE_MODE, replace=False)
        private_pem = _read_private(private_file)
        public_pem = _public_pem(private_pem, private_file)
        public_file = folder / PUBLIC_NAME
        if not public_file.exists() or public_file.read_bytes() != public_pem:
            _create(public_file, public_pem, _PUBLIC_MODE, replace=True)
    except OSError as error:
        raise ConfigError(
            f"keys cannot be kept: {error.strerror}", subject=str(folder), mend="Make the folder writable for the hub"
        ) from error
    return SigningKeys(private_pem.decode("ascii"), public_pem.decode("ascii"))


def _read_private(file: Path) -> bytes:
    with file.open("rb") as stream:
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        if mode & 0o077:
            raise ConfigError(
                f"the private key is open to others (mode {mode:o})", subject=str(file), mend=f"Run: chmod 600 {file}"
            )
        return stream.read(16_384)


def _public_pem(private_pem: bytes, file: Path) -> bytes:
    try:
        key = load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _not_a_key(file) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_a_key(file)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _not_a_key(file: Path) -> ConfigError:
    return ConfigError(
        "not an Ed25519 private key in PEM",
        subject=str(file),
        mend="Remove the file and start the hub: it makes a new one, and everybody signs in again",
    )


def _new_private_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _create(file: Path, content: bytes, mode: int, *, replace: bool) -> None:
    """The whole file or nothing, on disk; where `replace` is false, the first creator wins."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            temporary.replace(file)
        else:
            _link(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, file: Path) -> None:
    try:
        file.hardlink_to(temporary)
    except FileExistsError:
        return
