"""Style, scripts and icons: files of this package, under addresses that change with their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from starlette.requests import Request

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `mark` is the start of its SHA-256."""

    content: bytes
    media_type: str
    mark: str


class Assets:
    """The files of a folder, held in memory."""

    def __init__(self, folder: Traversable) -> None:
        self._files: Mapping[str, Asset] = {
            file.name: _read(file) for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES
        }

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        return f"/assets/{self._files[name].mark}/{name}"

    def text(self, name: str) -> str:
        """What is in a file. Raises KeyError for one that is not there."""
        return self._files[name].content.decode()

    async def answer(self, request: Request) -> Response:
        """The file, to be kept for a year; an address with another mark than the file's is not there."""
        asset = self._files.get(request.path_params["name"])
        if asset is None or asset.mark != request.path_params["mark"]:
            return PlainTextResponse("There is no such file.\n", 404, {"x-content-type-options": "nosniff"})
        headers = {
            "cache-control": f"public, max-age={_YEAR_SECONDS}, immutable",
            "x-content-type-options": "nosniff",
            "content-type": asset.media_type,
        }
        return Response(asset.content, headers=headers)


def _read(file: Traversable) -> Asset:
    content = file.read_bytes()
    return Asset(content, _TYPES[file.name.rpartition(".")[2]], hashlib.sha256(content).hexdigest()[:12])


ASSETS = Assets(files("poolhouse.servers.web") / "assets")
