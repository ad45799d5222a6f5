"""The samples for a proxy, tried with the real programs: phones and console come through, nothing else does."""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket

from records.messages import PROTOCOL_HEADER
from records.wire_values import read_problem
from tests.servers import three_free_ports
from tests.serving import served
from tests.world import World

SAMPLES = Path(__file__).parents[2] / "operations" / "samples"


def a_console() -> FastAPI:
    """Stands for the console: a page and a WebSocket under /app."""
    app = FastAPI()

    @app.get("/app/{path:path}")
    async def page(path: str, request: Request) -> Response:
        return Response(f"console {path}")

    @app.websocket("/app/ws")
    async def answering(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("heard " + await socket.receive_text())
        await socket.close()

    return app


@contextmanager
def console_on(port):
    server = uvicorn.Server(uvicorn.Config(a_console(), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)


def need(program):
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        if os.environ.get("CI"):
            pytest.fail(f"{program} is missing: apt-get install {program}")
        pytest.skip(f"{program} is not installed here (Debian: apt-get install {program})")
    return found


def caddy(folder, port, api, console):
    site = f"http://127.0.0.1:{port}"
    environment = {"SAMOOH_SITE": site, "SAMOOH_PORT": str(api), "SAMOOH_CONSOLE_PORT": str(console)}
    file = folder / "Caddyfile"
    # The sample as it is; only the programme's own port for orders is closed, which another one may hold.
    file.write_text("{\n\tadmin off\n}\n" + (SAMPLES / "Caddyfile").read_text())
    environment |= {"HOME": str(folder), "PATH": os.environ["PATH"]}
    command = [need("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def nginx(folder, port, api, console):
    program = need("nginx")
    sample = (SAMPLES / "nginx.conf").read_text()
    for before, after in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:8600", f"127.0.0.1:{api}"),
        ("127.0.0.1:8601", f"127.0.0.1:{console}"),
    ):
        assert before in sample
        sample = sample.replace(before, after)
    # No certificate on a test's machine.
    sample = "\n".join(line for line in sample.splitlines() if not line.strip().startswith("ssl_"))
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"pid {folder}/pid; error_log {folder}/error.log; daemon off; events {{}} http {{ {temporary}\n{sample}\n}}"
        + ("\nuser root;" if os.geteuid() == 0 else "")
    )
    command = [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(file)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module", params=[caddy, nginx], ids=["caddy", "nginx"])
def joined(request, tmp_path_factory):
    """The address of a proxy before a real API and a console."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    need(request.param.__name__)
    world = World(url=f"sqlite:///{folder / 'central.db'}")
    port = three_free_ports()
    with served(world.centre) as api, console_on(port + 1):
        process = request.param(folder, port, int(api.rpartition(":")[2]), port + 1)
        try:
            until_it_answers(process, f"http://127.0.0.1:{port}/")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def until_it_answers(process, url):
    until = time.monotonic() + 60
    while True:
        try:
            requests.get(url, timeout=20)
            return
        except requests.ConnectionError:
            assert time.monotonic() < until and process.poll() is None, "the proxy did not start"
            time.sleep(0.05)


def test_a_phone_gets_through(joined):
    reply = requests.post(joined + "/v1/sync", data=b"", headers={"authorization": "Bearer x"}, timeout=20)
    assert (reply.status_code, read_problem(reply.content).code) == (401, "sign_in")
    assert reply.headers[PROTOCOL_HEADER] == "1"


def test_the_console_gets_through_with_its_websocket(joined):
    websockets = pytest.importorskip("websockets")

    async def talk() -> str:
        async with websockets.connect(joined.replace("http", "ws") + "/app/ws", proxy=None) as socket:
            await socket.send("hello")
            return await socket.recv()

    assert requests.get(joined + "/app/start", timeout=20).text == "console start"
    assert asyncio.run(talk()) == "heard hello"


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/v2/sync", "/docs"])
def test_nothing_else_gets_through(joined, path):
    assert requests.get(joined + path, timeout=20).status_code == 404


def test_a_body_that_no_phone_sends_is_cut_off_before_the_server(joined):
    reply = requests.post(joined + "/v1/sync", data=b"x" * 4_000_000, timeout=60)
    # Caddy 2.6 says that it could not pass the body on, nginx and newer ones that it is too large.
    assert reply.status_code in (413, 502)
