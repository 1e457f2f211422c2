"""The page's own files, shipped in the package and read once: no path of a request ever reaches the file system."""

import hashlib
from importlib.resources import files
from typing import Final

from msgspec import Struct

from sensors.errors import NotFoundError

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FRONT: Final = "index.html"


class PageFile(Struct, frozen=True):
    """One file as it is served."""

    content: bytes
    media_type: str
    etag: str


class PageFiles:
    """All files of the page, by name; the front page names its wall."""

    def __init__(self, wall: str) -> None:
        self._files = {
            item.name: _page_file(item.name, item.read_bytes(), wall)
            for item in files("videowall.outputs").joinpath("page").iterdir()
            if item.name.rpartition(".")[2] in _TYPES
        }

    @property
    def version(self) -> str:
        """Another one whenever any file is another one."""
        return hashlib.blake2b("".join(sorted(file.etag for file in self._files.values())).encode()).hexdigest()[:16]

    @property
    def front(self) -> PageFile:
        """The page itself."""
        return self._files[_FRONT]

    def get(self, name: str) -> PageFile:
        """One of its files.

        Raises:
            NotFoundError: there is none of that name.
        """
        if name not in self._files:
            raise NotFoundError("is no file of the wall's page", subject=name[:64])
        return self._files[name]


def _page_file(name: str, content: bytes, wall: str) -> PageFile:
    if name == _FRONT:
        content = content.replace(b"{wall}", wall.encode())
    etag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    return PageFile(content, _TYPES[name.rpartition(".")[2]], etag)
