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
        contents = {
            item.name: item.read_bytes()
            for item in files("videowall.outputs").joinpath("page").iterdir()
            if item.name.rpartition(".")[2] in _TYPES
        }
        self.version = _digest(b"".join(content for _, content in sorted(contents.items())))
        """Another one whenever any file is another one; the front page names it, so that it knows when it is old."""
        marks = {b"{wall}": wall.encode(), b"{version}": self.version.encode()}
        self._files = {name: _page_file(name, content, marks) for name, content in contents.items()}

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


def _page_file(name: str, content: bytes, marks: dict[bytes, bytes]) -> PageFile:
    if name == _FRONT:
        for mark, text in marks.items():
            content = content.replace(mark, text)
    return PageFile(content, _TYPES[name.rpartition(".")[2]], f'"{_digest(content)}"')


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()
