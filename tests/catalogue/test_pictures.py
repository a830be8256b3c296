"""Pictures of sessions and speakers: drawn again in several sizes, shared by copies, and let go with what has them."""

import base64
import io

import pytest
from PIL import Image
from sqlalchemy import select

from services.catalogue import images
from services.catalogue.models import PictureFile
from services.runtime.refusals import Invalid, NotAllowed, NotFound
from tests.catalogue.given import a_virtual_session

ORIENTATION, RIGHT, PLACE = 0x0112, 6, 0x8825
RED, BLUE = (200, 0, 0), (0, 0, 200)


def a_picture(size=(1600, 1000), colour=RED, form="JPEG", **how) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA" if form == "PNG" else "RGB", size, colour).save(written, form, **how)
    return written.getvalue()


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG"])


def put(world, of="session", slug="leading", content=None, alt="Four nurses talk"):
    given = {"content": in_base64(content or a_picture()), "alt": alt}
    return world.ask(f"put_picture_of_{of}", slug=slug, given=given)["picture"]


def files(world) -> set[tuple[str, int]]:
    with world.transactions.begin() as db:
        return {(file.hash, file.width) for file in db.scalars(select(PictureFile))}


def code_of(refusal) -> str:
    return refusal.value.facts["errors"][0]["code"]


@pytest.fixture
def there(catalogue):
    catalogue.ask("create_session", given=a_virtual_session(slug="leading"))
    return catalogue


class TestOneThatIsDrawnAgain:
    def test_fits_and_is_never_made_larger(self):
        data, media, width, height = images.scaled(a_picture((1600, 1000)), 640, 1280)
        assert (media, width, height, opened(data).size) == ("image/jpeg", 640, 400, (640, 400))
        assert images.scaled(a_picture((100, 50)), 640, 1280)[2:] == (100, 50)

    def test_says_nothing_of_where_it_was_taken_or_by_what(self):
        told = Image.Exif()
        told[0x010F] = "A camera"
        told.get_ifd(PLACE)[1] = "N"
        data = images.scaled(a_picture(exif=told.tobytes(), comment=b"by Ada"), 640, 640)[0]
        assert b"camera" not in data
        assert b"Ada" not in data
        assert not opened(data).getexif()

    def test_stands_upright(self):
        turned = Image.Exif()
        turned[ORIENTATION] = RIGHT
        assert images.scaled(a_picture((400, 200), exif=turned.tobytes()), 640, 640)[2:] == (200, 400)

    def test_is_white_where_it_was_clear(self):
        data = images.scaled(a_picture((10, 10), (0, 0, 0, 0), "PNG"), 640, 640)[0]
        assert opened(data).convert("RGB").getpixel((5, 5)) == (255, 255, 255)

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    def test_may_come_in_three_forms(self, form):
        assert images.scaled(a_picture((20, 10), form=form), 640, 640)[2:] == (20, 10)

    @pytest.mark.parametrize(
        "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", a_picture()[:200], b"GIF89a" + bytes(50)]
    )
    def test_is_a_picture(self, content):
        with pytest.raises(Invalid) as refusal:
            images.scaled(content, 640, 640)
        assert code_of(refusal) == "not-a-picture"

    def test_is_no_bomb(self):
        """A few kilobytes that would unpack to more than a machine has are refused before they are."""
        with pytest.raises(Invalid) as refusal:
            images.scaled(a_picture((6000, 5000), form="PNG"), 640, 640)
        assert code_of(refusal) == "too-many-pixels"


class TestThePictureOfASession:
    def test_has_a_file_in_each_size_up_to_its_own(self, there):
        picture = put(there)
        assert (picture["width"], picture["height"], picture["widths"]) == (1280, 800, [320, 640, 1280])
        assert picture["alt"] == "Four nurses talk"
        for width in picture["widths"]:
            file = there.ask("picture_file", caller=None, hash=picture["hash"], width=width)
            assert opened(base64.b64decode(file["content"])).width == width

    def test_is_told_of_once_the_session_is_published_and_without_its_bytes(self, there):
        there.ask("publish_session", slug="leading")
        picture = put(there)
        told = there.outbox()[-1]
        assert told.type == "catalogue.session_changed.v1"
        assert told.data["picture"] == picture
        assert len(told.to_json()) < 10_000

    def test_given_again_tells_nobody_anything(self, there):
        there.ask("publish_session", slug="leading")
        put(there)
        before = len(there.outbox())
        put(there)
        assert len(there.outbox()) == before

    def test_takes_the_place_of_another_whose_files_go(self, there):
        first, second = put(there), put(there, content=a_picture(colour=BLUE))
        assert {hash for hash, _ in files(there)} == {second["hash"]} != {first["hash"]}

    def test_is_gone_once_it_is_removed(self, there):
        put(there)
        for _ in range(2):
            assert there.ask("remove_picture_of_session", slug="leading")["picture"] is None
        assert files(there) == set()

    def test_comes_along_with_a_copy_and_stays_as_long_as_one_has_it(self, there):
        picture = put(there)
        [copy] = there.ask("copy_session", slug="leading", given={"days": 7})["items"]
        assert copy["picture"] == picture
        there.ask("delete_session", slug="leading")
        assert files(there) != set()
        there.ask("delete_session", slug=copy["slug"])
        assert files(there) == set()

    def test_is_kept_when_the_session_changes(self, there):
        picture = put(there)
        version = there.ask("session", slug="leading")["version"]
        changed = there.ask("change_session", slug="leading", version=version, given={"title": "Other"})
        assert changed["picture"] == picture

    @pytest.mark.parametrize("given", [{"content": in_base64(a_picture()), "alt": " "}, {"content": "?", "alt": "A"}])
    def test_is_a_picture_with_words_for_those_who_do_not_see_it(self, there, given):
        with pytest.raises(Invalid):
            there.ask("put_picture_of_session", slug="leading", given=given)
        assert files(there) == set()

    def test_is_given_by_the_team_alone(self, there):
        given = {"content": in_base64(a_picture()), "alt": "A"}
        asha = {"id": "asha", "roles": ["person"]}
        with pytest.raises(NotAllowed):
            there.ask("put_picture_of_session", slug="leading", given=given, caller=asha)
        with pytest.raises(NotAllowed):
            there.ask("remove_picture_of_session", slug="leading", caller=asha)

    def test_is_of_a_session_that_is_there(self, there):
        with pytest.raises(NotFound):
            put(there, slug="none")


class TestThePictureOfASpeaker:
    def test_is_told_of_at_once(self, catalogue):
        catalogue.ask("create_speaker", given={"slug": "eve", "name": "Eve"})
        picture = put(catalogue, "speaker", "eve")
        told = catalogue.outbox()[-1]
        assert (told.type, told.data["picture"]) == ("catalogue.speaker_changed.v1", picture)
        assert catalogue.ask("remove_picture_of_speaker", slug="eve")["picture"] is None

    def test_goes_with_the_speaker(self, catalogue):
        catalogue.ask("create_speaker", given={"slug": "eve", "name": "Eve"})
        put(catalogue, "speaker", "eve")
        catalogue.ask("delete_speaker", slug="eve")
        assert files(catalogue) == set()
