"""nginx for real, on loopback, with the configuration that is shipped, in front of a real server."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.ports import free_ports
from tests.support import START_S, RunningServer, start_server

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "deploy" / "nginx" / "nginx.conf"
MAKE_CERTIFICATE = ROOT / "deploy" / "make-certificate.sh"


@dataclass
class Stack:
    """A server and nginx before it. Only `url` is meant for people; nginx's own log is `log`."""

    url: str
    plain_port: int
    tls_port: int
    certificate: Path
    server: RunningServer
    log: list[str]

    def context(self) -> ssl.SSLContext:
        """Trusts the certificate that was made, and nothing else."""
        return ssl.create_default_context(cafile=self.certificate)


def make_certificate(folder: Path, url: str, *, owner: str = "") -> str:
    """Run the script that the compose file runs; returns what it says."""
    command = ["sh", str(MAKE_CERTIFICATE), str(folder), url, *([owner] if owner else [])]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=START_S).stdout


@contextlib.contextmanager
def running_stack(folder: Path, *, replace: dict[str, str] | None = None) -> Iterator[Stack]:
    """Both, until the block ends. `replace` changes further words of the shipped configuration."""
    plain_port, tls_port, server_port = free_ports(3)
    url = f"https://127.0.0.1:{tls_port}"
    certificates = folder / "certificate"
    certificates.mkdir(parents=True)
    make_certificate(certificates, url)
    proxies = {"public_url": url, "trusted_proxies": "127.0.0.1", "port": str(server_port)}
    server = start_server(folder / "data", **proxies)
    words = {
        "tonearm:8337": f"127.0.0.1:{server_port}",
        "listen 8080": f"listen 127.0.0.1:{plain_port}",
        "listen 8443": f"listen 127.0.0.1:{tls_port}",
        "/certificate/": f"{certificates}/",
        "/tmp/": f"{folder}/",
        **(replace or {}),
    }
    log: list[str] = []
    try:
        with _running_nginx(_written(folder / "nginx.conf", words), log, port=tls_port):
            yield Stack(url, plain_port, tls_port, certificates / "certificate.pem", server, log)
    finally:
        server.stop()


def _written(path: Path, words: dict[str, str]) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped in words:
        assert shipped in text, f"nginx.conf does not have “{shipped}” any more"
    any_of_them = re.compile("|".join(map(re.escape, words)))
    path.write_text(any_of_them.sub(lambda match: words[match[0]], text), encoding="utf-8")
    return path


@contextlib.contextmanager
def _running_nginx(configuration: Path, log: list[str], *, port: int) -> Iterator[None]:
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [program, "-p", str(configuration.parent), "-c", str(configuration), "-e", "stderr"]
    process = subprocess.Popen(
        [*command, "-g", "daemon off;"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    reader = threading.Thread(target=_read, args=(process.stdout, log), daemon=True)
    reader.start()
    try:
        _await_port(port, process, log)
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_S)
        reader.join(timeout=START_S)


def _read(stream: IO[str] | None, log: list[str]) -> None:
    assert stream is not None
    with stream:
        log.extend(stream)


def _await_port(port: int, process: subprocess.Popen[str], log: list[str]) -> None:
    """Until nginx accepts connections; it binds its ports before it does anything else."""
    for _ in range(START_S * 20):
        assert process.poll() is None, f"nginx ended at once: {log}"
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    raise AssertionError("nginx does not listen")
