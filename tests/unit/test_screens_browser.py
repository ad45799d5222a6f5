"""In a browser the app may ask this machine and nobody else, whatever a library has compiled in."""

import flet as ft
import uvicorn

from screens.browser import HOST, policy, serve


async def answers_of(application) -> list[dict]:
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    await application({"type": "http"}, receive, send)
    return sent


async def test_every_answer_forbids_the_browser_to_ask_anybody_else(monkeypatch):
    served = {}

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"page"})

    monkeypatch.setattr(ft, "run", lambda main, **how: served.update(how) or page)
    monkeypatch.setattr(uvicorn, "run", lambda application, **how: served.update(how, application=application))
    serve(lambda page: None, port=8550)
    start, body = await answers_of(served["application"])
    headers = dict(start["headers"])
    assert headers[b"x"] == b"y" and body["body"] == b"page"
    assert headers[b"content-security-policy"].decode() == policy([8550])
    assert (served["host"], served["port"], served["no_cdn"]) == ("127.0.0.1", 8550, True)


def test_the_policy_names_only_this_machine():
    hosts = {source.split("/")[2] for source in policy([1, 2]).split() if "://" in source}
    assert hosts == {f"{host}:{port}" for host in (HOST, "localhost") for port in (1, 2)}
    assert "*" not in policy([1])
