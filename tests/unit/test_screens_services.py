"""The device's services as Flet brings them, through the real session: what is asked of the client, what comes back."""

import flet as ft

from records.ports import Picture, Services
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


async def test_what_this_app_does_not_have_yet_is_said_and_not_pretended():
    app, services = await on_a_page()
    assert await services.spot() is None and services.secrets_are_safe is False
    await app.stop()
