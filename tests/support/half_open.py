"""A TCP proxy whose connections can be left half-open: both ends believe in them, and nothing passes any more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HalfOpenProxy:
    """Forwards to a port of this machine; one thread for each direction of each connection."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._frozen: set[int] = set()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="proxy")]
        self.connections_total = 0
        self._threads[0].start()

    def freeze(self) -> None:
        """Nothing passes any more on the connections that there are, and none is closed. New ones are well."""
        self._frozen = set(range(1, self.connections_total + 1))

    def close(self) -> None:
        """End everything."""
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                return
            self.connections_total += 1
            self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pump, args=(self.connections_total, source, sink), name="proxy")
                self._threads.append(thread)
                thread.start()

    def _pump(self, number: int, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if number not in self._frozen:
                    sink.sendall(data)
        if number not in self._frozen:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def half_open_proxy(target_port: int) -> Iterator[HalfOpenProxy]:
    """A proxy as long as the block lives."""
    proxy = HalfOpenProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
