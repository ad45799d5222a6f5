"""The console as a process: under a path of its own, for one address and no other, and apart from the API."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from screens.browser import policy_for
from server.announcing import Watch
from server.console import serving
from server.console.serving import console_application, serve_console
from server.schema import SchemaProblem
from server.serving import centre_of
from server.settings import Settings
from tests.world import World

ROOT = Path(__file__).parents[2]


@contextmanager
def listening(application):
    """The port at which an application answers while the block lasts."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started, "the console did not start"
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    world = World(url=f"sqlite:///{tmp_path_factory.mktemp('centre') / 'central.db'}")
    watch = Watch(world.centre)
    with listening(console_application(world.centre, watch)) as found:
        yield found
    watch.close()
    world.centre.close()


def asked(port: int, path: str, host: str = "", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}", **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def test_what_is_asked_for_at_the_root_is_led_to_the_path_of_the_console(port):
    for path in ("/", "/app"):
        status, headers, _ = asked(port, path)
        assert (status, headers["location"]) == (307, "/app/")


def test_the_pages_know_the_path_they_lie_under(port):
    status, _, body = asked(port, "/app/")
    assert status == 200 and '<base href="/app/">' in body and "/app/ws" in body
    assert asked(port, "/app/group/abc")[2] == body, "an address within the app leads to the app"
    assert asked(port, "/app/fonts/NotoSansDevanagari-Regular.ttf")[0] == 200
    assert asked(port, "/v1/sync")[0] == 404, "the API is another process"


def test_every_answer_forbids_the_browser_to_ask_anybody_but_the_address_it_called(port):
    """Behind a proxy the browser calls another name, which the proxy hands on."""
    for host in (f"127.0.0.1:{port}", "samooh.example.org", "[::1]:8601"):
        for path in ("/", "/app/", "/app/flutter_bootstrap.js"):
            _, headers, _ = asked(port, path, host)
            said = headers["content-security-policy"]
            assert said == policy_for(host) and f" ws://{host} wss://{host} " in said
            assert "frame-ancestors 'none'" in said


@pytest.mark.parametrize("host", ["", "evil.example; script-src *", "a b", "*", "x\x00y", "https://x", "*.example.org"])
def test_a_name_that_is_none_never_widens_the_policy(host):
    assert policy_for(host) == policy_for("")
    assert "*" not in policy_for(host) and "evil" not in policy_for(host)


def test_it_listens_on_the_port_after_the_apis(tmp_path, monkeypatch):
    served = {}
    monkeypatch.setattr(serving.uvicorn, "run", lambda application, **how: served.update(how))
    settings = Settings(folder=tmp_path / "c", host="0.0.0.0", port=8600)
    with pytest.raises(SchemaProblem):
        serve_console(settings)
    centre_of(settings).close()
    serve_console(settings)
    assert (served["host"], served["port"]) == ("0.0.0.0", 8601)
    serve_console(folder=tmp_path / "d", port=9000)
    assert (served["host"], served["port"]) == ("127.0.0.1", 9000)
    assert (tmp_path / "d" / "central.db").exists()
    serve_console(folder=tmp_path / "e", port=9000, database_url=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert (tmp_path / "elsewhere.db").exists()
    with pytest.raises(ValueError, match="folder"):
        serve_console(port=9000)


# --- the API without Flet

WITHOUT_FLET = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("flet", "flet_web", "flet_charts", "screens"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def status_without_a_token(address: str) -> int:
    """What the API says; it listens a moment after it has said where."""
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("POST", "/v1/sync", b"")
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        finally:
            connection.close()


def test_the_api_starts_where_flet_cannot_be_imported(tmp_path):
    command = f"{WITHOUT_FLET}\nfrom server.serving import main\nmain(['--folder', {str(tmp_path)!r}, '--port', '0'])"
    process = subprocess.Popen([sys.executable, "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), line
        assert status_without_a_token(line.strip().rpartition("/")[2]) == 401
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_the_console_would_not_start_there(tmp_path):
    """A control: where Flet is missing, that is noticed."""
    command = f"{WITHOUT_FLET}\nimport server.console.serving"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0 and "No module named 'flet'" in done.stderr
