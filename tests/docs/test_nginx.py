"""The how-to's nginx configuration, run: it answers by HTTPS and says truly on whose behalf it asks."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.markdown import read_page

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-behind-nginx.md"
NGINX = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")
NAME = "pools.example.org"
START_SECONDS = 20.0
MAIN = """
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log notice;
events {{}}
http {{
    access_log {place}/access.log;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
{sites}
}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None or not shutil.which("openssl"), reason="nginx or openssl is not here"),
]


class Upstream(BaseHTTPRequestHandler):
    """Stands where Poolhouse does, and answers with the headers it was asked with."""

    def do_GET(self) -> None:
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream_port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def nginx(tmp_path: Path, upstream_port: int) -> Iterator[Path]:
    """The page's configuration with sockets of its own instead of ports 80 and 443; yields where they are."""
    run = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    names = ["-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([*run, *names, *files], check=True, capture_output=True)
    (sites,) = read_page(PAGE).code("nginx")
    for said, instead in {
        f"/etc/letsencrypt/live/{NAME}": str(tmp_path),
        "listen 80;": f"listen unix:{tmp_path}/plain;",
        "listen 443 ssl http2;": f"listen unix:{tmp_path}/tls ssl http2;",
        "http://127.0.0.1:8080": f"http://127.0.0.1:{upstream_port}",
    }.items():
        assert said in sites
        sites = sites.replace(said, instead)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(MAIN.format(place=tmp_path, sites=sites), "utf-8")
    assert NGINX is not None
    command = [NGINX, "-e", str(tmp_path / "error.log"), "-c", str(configuration)]
    checked = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    # nginx says that it started only to its log, which it is made to write to us.
    main = configuration.read_text("utf-8").replace(f"error_log {tmp_path}/error.log", "error_log stderr")
    configuration.write_text(main, "utf-8")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        too_long = threading.Timer(START_SECONDS, process.kill)
        too_long.start()
        assert process.stderr is not None
        assert any("start worker process " in line for line in process.stderr), "nginx did not start"
        too_long.cancel()
        yield tmp_path
        process.terminate()
        process.stderr.read()
    assert process.returncode == 0


def get(
    socket_path: Path, headers: dict[str, str], context: ssl.SSLContext | None = None
) -> http.client.HTTPResponse:
    """Ask for one page of `NAME` over a Unix socket, by TLS where a context is given."""
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(START_SECONDS)
    plain.connect(str(socket_path))
    connection = http.client.HTTPConnection(NAME)
    connection.sock = context.wrap_socket(plain, server_hostname=NAME) if context else plain
    connection.request("GET", "/pools/1?sort=new", headers={"Host": NAME, "Connection": "close", **headers})
    return connection.getresponse()


def test_it_sends_plain_requests_to_https(nginx: Path) -> None:
    with get(nginx / "plain", {}) as answer:
        assert answer.status == 301
        assert answer.getheader("Location") == f"https://{NAME}/pools/1?sort=new"


def test_it_says_who_asks_whatever_the_client_claims(nginx: Path) -> None:
    context = ssl.create_default_context(cafile=str(nginx / "fullchain.pem"))
    with get(
        nginx / "tls", {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http"}, context
    ) as answer:
        assert answer.status == 200
        seen = http.client.parse_headers(answer)
    assert seen["Host"] == NAME
    assert seen.get_all("X-Forwarded-For") == ["unix:"]
    assert seen.get_all("X-Forwarded-Proto") == ["https"]
    assert not (nginx / "access.log").exists() or not (nginx / "access.log").read_text()
