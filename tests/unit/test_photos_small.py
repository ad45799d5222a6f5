"""A photo is made small and plain on the phone, and every copy looks at its bytes again."""

import io
import random

import pytest
from PIL import Image

from records.fields import LARGEST_PHOTO
from records.jpeg import read_jpeg
from records.problems import Problem
from screens.shrinking import small_photo
from tests.pictures import MAKER, REMARK, a_photo, a_scene, from_camera

KEPT = a_photo()


def code_of(content: bytes, read=read_jpeg) -> str:
    with pytest.raises(Problem) as problem:
        read(content)
    return problem.value.code


def as_file(scene: Image.Image, kind: str, **how) -> bytes:
    written = io.BytesIO()
    scene.save(written, kind, **how)
    return written.getvalue()


SCENES = [(4000, 3000, 12), (1200, 900, 30), (900, 2500, 90), (300, 200, 0)]


@pytest.mark.parametrize(("width", "height", "noise"), SCENES)
def test_a_photo_is_at_most_100_kb_and_can_be_seen(width, height, noise):
    small = small_photo(from_camera(width=width, height=height, noise=noise))
    assert len(small) <= LARGEST_PHOTO
    seen = read_jpeg(small)
    assert max(seen) >= min(max(width, height), 640)
    assert abs(seen.width / seen.height - width / height) < 0.01
    Image.open(io.BytesIO(small)).load()


def test_nothing_of_what_the_camera_wrote_is_left_in_the_bytes():
    taken = from_camera()
    told = [MAKER.encode(), REMARK.encode(), b"Exif", b"GPSLatitude", b"ICC_PROFILE", b"a profile"]
    assert all(one in taken for one in told), "the camera wrote it"
    small = small_photo(taken)
    assert not [one for one in told if one in small]
    with Image.open(io.BytesIO(small)) as seen:
        assert not seen.getexif() and set(seen.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_stands_upright_though_the_note_about_it_is_gone(orientation):
    scene = Image.new("RGB", (400, 300), "white")
    scene.paste((200, 0, 0), (0, 0, 200, 300))
    small = Image.open(io.BytesIO(small_photo(from_camera(scene, orientation=orientation))))
    turned = {1: scene, 3: scene.rotate(180), 6: scene.rotate(-90, expand=True), 8: scene.rotate(90, expand=True)}
    wanted = turned[orientation]
    assert small.size == wanted.size
    for at in ((10, 10), (small.width - 10, small.height - 10), (small.width - 10, 10)):
        assert abs(small.getpixel(at)[1] - wanted.getpixel(at)[1]) < 40


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
def test_pictures_of_other_kinds_become_photos_too(mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert read_jpeg(small_photo(as_file(a_scene(300, 200).convert(mode), kind))) == (300, 200)


def test_what_is_no_photo_is_refused_with_a_code():
    assert code_of(b"", small_photo) == "picture_empty"
    assert code_of(b"%PDF-1.7 a form", small_photo) == "not_a_picture"
    assert code_of(from_camera()[:5000], small_photo) == "not_a_picture"
    assert code_of(as_file(Image.new("1", (9000, 9000)), "PNG"), small_photo) == "picture_too_large"


def test_a_picture_that_cannot_be_made_small_is_refused(monkeypatch):
    monkeypatch.setattr("screens.shrinking.LARGEST_PHOTO", 2_000)
    assert code_of(from_camera(noise=90), small_photo) == "picture_too_large"


# --- what every copy looks at


def test_a_clean_small_jpeg_is_taken_however_it_was_written():
    scene = a_scene(320, 200)
    for how in ({}, {"progressive": True}, {"optimize": True}, {"subsampling": 0}, {"restart_marker_rows": 2}):
        assert read_jpeg(as_file(scene, "JPEG", **how)) == (320, 200)


@pytest.mark.parametrize(
    "how",
    [
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"},
        {"comment": "Rekha"},
        {"icc_profile": b"x" * 40},
        {"xmp": b"<x/>"},
    ],
)
def test_a_jpeg_that_holds_more_than_the_picture_is_not_clean(how):
    assert code_of(as_file(a_scene(320, 200), "JPEG", **how)) == "picture_not_clean"


def test_bytes_after_the_end_or_a_thumbnail_in_its_head_are_not_clean():
    assert code_of(KEPT + b"24.58, 80.83") == "picture_not_clean"
    assert code_of(KEPT + KEPT[:50_000]) in ("picture_not_clean", "picture_too_large")
    head = KEPT.index(b"JFIF\0")
    thumbnail = KEPT[: head + 12] + b"\1\1" + KEPT[head + 14 :]
    assert code_of(thumbnail) == "picture_not_clean"


def test_an_empty_a_large_and_a_broken_one_are_refused():
    assert code_of(b"") == "picture_empty"
    assert code_of(from_camera(width=3000, height=2000)) == "picture_too_large"
    assert code_of(as_file(a_scene(50, 50), "PNG")) == "not_a_picture"
    for end in (2, 3, 21, 400, len(KEPT) // 2, len(KEPT) - 2, len(KEPT) - 1):
        assert code_of(KEPT[:end]) == "not_a_picture"


def test_whatever_bytes_come_the_answer_is_a_code():
    chance = random.Random(20261128)
    for _ in range(3000):
        bad = bytearray(KEPT[:3000] + KEPT[-200:])
        for _ in range(chance.randint(1, 6)):
            bad[chance.randrange(len(bad))] = chance.choice((0, 0xFF, 0xD8, 0xD9, 0xDA, 0xE1, chance.randrange(256)))
        try:
            read_jpeg(bytes(bad[: chance.randrange(1, len(bad))]))
        except Problem as problem:
            assert problem.code in ("not_a_picture", "picture_not_clean", "picture_too_large")


@pytest.mark.parametrize(
    ("size", "code"), [(65_535, "picture_too_large"), (2049, "picture_too_large"), (0, "not_a_picture")]
)
def test_a_few_bytes_that_name_a_picture_of_gigabytes_are_refused(size, code):
    small = as_file(Image.new("L", (8, 8)), "JPEG")
    frame = small.index(b"\xff\xc0")
    assert read_jpeg(small) == (8, 8)
    for at in (frame + 5, frame + 7):
        assert code_of(small[:at] + size.to_bytes(2, "big") + small[at + 2 :]) == code
    # A second frame behind the first must not hide it.
    first = small[frame : frame + 5] + size.to_bytes(2, "big") + small[frame + 7 : frame + 13]
    assert code_of(small[:frame] + first + small[frame:]) == code
