"""A wall's HTTP server on a free port, with keys and sign-ins made for the occasion."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI

from sensors.access import Audience, Role, issue_token, principal_for
from sensors.clock import Clock, SystemClock
from videowall.outputs.listener import bind, serve
from videowall.outputs.webrtc.peers import Peers


class Keys:
    """The hub's pair of keys; the public one in the file that a wall reads."""

    def __init__(self, folder: Path) -> None:
        private = Ed25519PrivateKey.generate()
        self.public_file = folder / "session.pub"
        self.private_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.public_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.publish()

    def publish(self) -> None:
        """Write the public key where the wall looks for it."""
        self.public_file.write_bytes(self.public_pem)

    def token(
        self,
        audience: Audience = Audience.SESSION,
        *,
        role: Role = Role.VIEWER,
        lifetime_s: float = 600,
        clock: Clock | None = None,
    ) -> str:
        """A token that the wall accepts for so long."""
        now = (clock or SystemClock()).now()
        return issue_token(
            principal_for("aliya", role, "test", now, timedelta(seconds=lifetime_s)), audience, self.private_pem
        )

    def bearer(self) -> dict[str, str]:
        """The header of a signed-in program."""
        return {"Authorization": f"Bearer {self.token()}"}


@contextmanager
def serving(app: FastAPI, host: str = "127.0.0.1", port: int = 0, peers: Peers | None = None) -> Iterator[str]:
    """Serve from a thread of its own, and look after `peers`; gives `host:port`."""
    listener = bind(host, port)
    address = f"{host}:{listener.getsockname()[1]}"
    loop = asyncio.new_event_loop()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(app, listener))
            if peers is not None:
                group.create_task(peers.run())

    task = loop.create_task(work())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="wall-server")
    thread.start()
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
