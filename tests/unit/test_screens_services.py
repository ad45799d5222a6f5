"""The device's services as Flet brings them, through the real session: what is asked of the client, what comes back."""

import flet as ft
import pytest
from flet.messaging.protocol import MessageAction

from records.ports import Picture, Services, Spot
from records.problems import Problem
from screens.services import FletServices
from tests.harness import RunningApp, StillServices

PUBLIC = [name for name in vars(Services) if not name.startswith("_")]


async def on_a_page():
    held = []
    app = await RunningApp.start(lambda page: held.append(FletServices(page)))
    return app, held[0]


def test_the_adapter_and_the_fake_have_every_service_of_the_port():
    for cls in (FletServices, StillServices):
        assert all(name in vars(cls) for name in PUBLIC), cls


async def test_a_photo_comes_from_the_devices_picker_and_may_be_refused():
    app, services = await on_a_page()
    app.connection.answers["pick_files"] = [{"id": 1, "name": "a.jpg", "size": 3, "path": None, "bytes": b"jpg"}]
    assert await services.photo() == Picture("a.jpg", b"jpg")
    asked = next(args for name, args in app.connection.calls if name == "pick_files")
    assert asked["with_data"] is True and asked["file_type"] == ft.FilePickerFileType.IMAGE
    app.connection.answers["pick_files"] = []
    assert await services.photo() is None
    await app.stop()


async def test_a_file_is_handed_to_the_devices_sharing():
    app, services = await on_a_page()
    app.connection.answers["share_files"] = {"status": "success", "raw": ""}
    assert await services.share_file("list.csv", b"1,2", "text/csv")
    asked = next(args for name, args in app.connection.calls if name == "share_files")
    assert "list.csv" in str(asked)
    app.connection.answers["share_files"] = {"status": "dismissed", "raw": ""}
    assert not await services.share_file("list.csv", b"1,2", "text/csv")
    await app.stop()


async def test_in_a_browser_a_file_goes_to_the_downloads():
    app, services = await on_a_page()
    app.page.web = True
    assert await services.share_file("list.csv", b"1,2", "text/csv")
    name, asked = app.connection.calls[-1]
    assert name == "save_file" and asked["file_name"] == "list.csv" and asked["src_bytes"] == b"1,2"
    await app.stop()


async def test_going_to_the_back_and_coming_to_the_front_are_told_until_nobody_listens():
    app, services = await on_a_page()
    heard = []
    stop = services.on_pause(lambda: heard.append("back"))
    services.on_resume(lambda: heard.append("front"))
    for state in ("hide", "resume"):
        await app.session.dispatch_event(app.page._i, "app_lifecycle_state_change", {"state": state})
    stop()
    await app.session.dispatch_event(app.page._i, "app_lifecycle_state_change", {"state": "pause"})
    assert heard == ["back", "front"]
    await app.stop()


class Box:
    """What the client keeps: `get`, `set` and `remove` of the device's safe and of the preferences."""

    def __init__(self, app, *, safe_works: bool = True) -> None:
        self.safe, self.preferences = {}, {}
        connection, self.safe_works = app.connection, safe_works
        send = connection.send_message

        def watch(message):
            body = message.body
            if message.action == MessageAction.INVOKE_METHOD and body.name in ("get", "set", "remove"):
                control = app.session.index.get(body.control_id)
                is_safe = type(control).__name__ == "SecureStorage"
                kept = self.safe if is_safe else self.preferences
                key = body.args["key"]
                if body.name == "set":
                    kept[key] = body.args["value"]
                elif body.name == "remove":
                    kept.pop(key, None)
                broken = "no keyring" if is_safe and not self.safe_works else None
                self.answer(app, body, None if broken else kept.get(key) if body.name == "get" else None, broken)
                return
            send(message)

        connection.send_message = watch

    def answer(self, app, body, value, broken):
        async def soon():
            app.session.handle_invoke_method_results(body.control_id, body.call_id, value, broken)

        app.connection.loop.create_task(soon())


async def test_a_secret_lies_in_the_devices_safe_and_nowhere_else():
    app, services = await on_a_page()
    box = Box(app)
    box.preferences["samooh.store"] = "left open by an older app"
    await services.keep_secret("store", "a1")
    assert (box.safe, box.preferences) == ({"samooh.store": "a1"}, {})
    assert await services.secret("store") == "a1" and services.secrets_are_safe
    assert await services.lock_away("login", "t") and await services.unlock("login") == "t"
    assert await services.unlock("nothing") is None
    options = services._safe.android_options
    assert options.reset_on_error is False, "on an error the safe must not empty itself"
    await app.stop()


async def test_what_an_older_app_left_in_the_preferences_is_still_found():
    app, services = await on_a_page()
    Box(app).preferences["samooh.store"] = "left open"
    assert await services.secret("store") == "left open"
    await app.stop()


async def test_without_a_working_safe_a_secret_stays_with_the_app_and_it_is_told():
    app, services = await on_a_page()
    box = Box(app, safe_works=False)
    box.safe["samooh.store"] = "unreadable"
    assert services.secrets_are_safe
    await services.keep_secret("store", "a1")
    assert box.preferences == {"samooh.store": "a1"} and not services.secrets_are_safe
    assert await services.secret("store") == "a1"
    assert not await services.lock_away("login", "t") and "samooh.login" not in box.preferences
    with pytest.raises(Problem, match="safe_closed"):
        await services.unlock("login")
    await app.stop()


async def test_a_browser_has_no_safe_of_its_own():
    app, services = await on_a_page()
    app.page.web = True
    assert not services.secrets_are_safe
    await app.stop()


async def test_the_place_is_asked_for_only_when_it_is_allowed():
    app, services = await on_a_page()
    app.connection.answers |= {
        "request_permission": "whileInUse",
        "get_current_position": {"latitude": 24.58, "longitude": 80.83, "accuracy": 12.0},
    }
    assert not app.connection.calls, "nothing is asked before somebody taps"
    assert await services.spot() == Spot(24.58, 80.83, 12.0)
    app.connection.calls.clear()
    app.connection.answers["request_permission"] = "denied"
    assert await services.spot() is None
    assert "get_current_position" not in [name for name, _ in app.connection.calls]
    await app.stop()


async def test_where_the_device_cannot_tell_its_place_nothing_breaks():
    app, services = await on_a_page()
    app.connection.answers |= {"request_permission": "always", "get_current_position": None}
    assert await services.spot() is None
    await app.stop()
