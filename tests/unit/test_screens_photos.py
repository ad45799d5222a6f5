"""Photos at the group's account: one tap to add, how far each has come, looked at, removed and brought back."""

import hashlib
from datetime import date

import flet as ft
import pytest

from records.attachment import Attachment
from records.commands.accounts import RecordStep
from records.commands.photos import AddPhoto
from records.ids import first_account_id
from records.ports import Picture
from storage import photos
from storage.queries import list_photos
from tests.factories import an_account, an_shg
from tests.harness import TREE, StillServices, a_phone, running
from tests.pictures import a_photo, from_camera

SHG = an_shg(name="जय अम्बे", village_id=TREE.village.id)
PHOTO = a_photo()


def rows(phone):
    return phone.ask(list_photos, account_id=first_account_id(SHG.id))


def received(phone, **values) -> Attachment:
    """A photo that another phone took, as its record comes from the centre."""
    from tests.harness import receive

    account = an_account(SHG, id=first_account_id(SHG.id))
    record = Attachment(
        id="a" * 32, account_id=account.id, kind="passbook", sha256=hashlib.sha256(PHOTO).hexdigest(), size=len(PHOTO),
        taken_on=date(2026, 3, 1), **values,
    )  # fmt: skip
    receive(phone, account, record)
    return record


async def at_account(app):
    await app.click("tab-account")


async def test_a_photo_is_added_with_one_tap_small_and_without_what_the_camera_wrote(tmp_path):
    services = StillServices()
    services.photos = [Picture("IMG_1.jpg", from_camera(width=2000, height=1500))]
    phone = a_phone(tmp_path, "abm", SHG)
    async with running(phone, f"/group/{SHG.id}", services) as app:
        await at_account(app)
        await app.click("add-photo-resolution")
        await app.see_text("फोटो सेव हुई")
        (row,) = rows(phone)
        kept = phone.photo(row.id)
        assert row.kind == "resolution" and kept.state == "waiting"
        assert row.size == len(kept.content) <= 100 * 1024 and b"Exif" not in kept.content
        await app.see_text("केवल फोन में सुरक्षित, सबसे बाद में जाएगी")
        assert app.has("add-photo-passbook")


async def test_when_she_thinks_better_of_it_nothing_is_kept_and_what_is_no_photo_is_told(tmp_path):
    services = StillServices()
    phone = a_phone(tmp_path, "abm", SHG)
    async with running(phone, f"/group/{SHG.id}", services) as app:
        await at_account(app)
        await app.click("add-photo-passbook")
        await app.settle()
        services.photos = [Picture("list.pdf", b"%PDF-1.7 a list")]
        await app.click("add-photo-passbook")
        await app.see_text("यह फोटो नहीं है। कोई फोटो चुनें।")
        assert not rows(phone) and app.has("add-photo-passbook")


async def test_a_photo_is_looked_at_removed_and_brought_back(tmp_path):
    phone = a_phone(tmp_path, "abm", SHG)
    id = phone.do(AddPhoto(SHG.id, "resolution", PHOTO)).id
    async with running(phone, f"/group/{SHG.id}") as app:
        await at_account(app)
        await app.until(lambda: any(one.src == PHOTO for one in app.all(cls=ft.Image)), "the picture, small")
        await app.click(f"photo-{id}")
        await app.see("photo-shown")
        await app.click("photo-remove")
        await app.see(f"restore-photo-{id}")
        assert rows(phone)[0].deleted_on and not app.has(f"photo-{id}")
        await app.click(f"restore-photo-{id}")
        await app.see(f"photo-{id}")
        assert rows(phone)[0].deleted_on is None


async def test_a_photo_of_another_phone_comes_when_it_is_asked_for(tmp_path):
    phone = a_phone(tmp_path, "bank_sakhi", SHG)
    record = received(phone)
    async with running(phone, f"/group/{SHG.id}") as app:
        await at_account(app)
        await app.see_text("इस फोन में नहीं है। लाने के लिए छुएँ।")
        await app.click(f"photo-{record.id}")
        await app.see_text("अगले सिंक में आएगी")
        photos.note_not_there(phone.store, record.id)
        await app.see_text("जिस फोन से ली गई, वहाँ से अभी नहीं आई")
        photos.add_piece(phone.store, photos.next_wanted(phone.store, ()), PHOTO)
        await app.until(lambda: any(one.src == PHOTO for one in app.all(cls=ft.Image)), "the picture, small")
        await app.click(f"photo-{record.id}")
        await app.see("photo-shown")


async def test_a_photo_that_the_centre_did_not_take_says_why(tmp_path):
    phone = a_phone(tmp_path, "abm", SHG)
    id = phone.do(AddPhoto(SHG.id, "passbook", PHOTO)).id
    photos.note_refused(phone.store, id, "photo_not_taken")
    async with running(phone, f"/group/{SHG.id}") as app:
        await at_account(app)
        await app.see_text("सर्वर ने यह फोटो नहीं ली। फिर से लें।")


async def test_sync_tells_of_photos_that_wait_and_the_line_is_never_all_sent_meanwhile(tmp_path):
    phone = a_phone(tmp_path, "abm", SHG)
    phone.do(AddPhoto(SHG.id, "passbook", PHOTO))
    with phone.store.writing() as t:
        t.connection.exec_driver_sql("DELETE FROM outbox")
    async with running(phone, "/sync") as app:
        await app.see("sync-photos")
        assert app.one("sync-story").value == "1 फोटो भेजनी बाकी"


def test_a_step_of_the_account_needs_no_photo(tmp_path):
    phone = a_phone(tmp_path, "abm", SHG)
    phone.do(RecordStep(SHG.id, "resolution_passed", date(2026, 3, 1)))
    assert phone.sync_status().photos_waiting == 0


@pytest.mark.parametrize("role", ["supervisor", "bank_sakhi"])
async def test_who_works_on_the_account_may_add_photos(tmp_path, role):
    phone = a_phone(tmp_path, role, SHG, an_account(SHG, id=first_account_id(SHG.id)))
    async with running(phone, f"/group/{SHG.id}") as app:
        await at_account(app)
        await app.see("add-photo-resolution")
