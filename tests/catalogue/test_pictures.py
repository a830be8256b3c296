"""Pictures of sessions and speakers: drawn again in several sizes, shared by copies, and let go with what has them."""

import base64
import io
import threading

import eventlet
import pytest
from PIL import Image
from sqlalchemy import select

from services.catalogue import images
from services.catalogue.models import PictureFile
from services.runtime.refusals import Invalid, NotAllowed, NotFound, StaleVersion
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


def describe(world, version, alt, of="session", slug="leading"):
    return world.ask(f"change_picture_of_{of}", slug=slug, version=version, given={"alt": alt})


def keep_logo(world, content=None):
    return world.ask("keep_logo", given={"content": in_base64(content or a_picture())})


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
    @staticmethod
    def drawn(content, box=(640, 640)) -> images.Drawn:
        return images.drawn(content, box, "content")

    def test_fits_and_is_never_made_larger(self):
        wide = self.drawn(a_picture((1600, 1000)), (640, 1280))
        assert (wide.media, wide.width, wide.height, opened(wide.content).size) == ("image/jpeg", 640, 400, (640, 400))
        small = self.drawn(a_picture((100, 50)), (640, 1280))
        assert (small.width, small.height) == (100, 50)

    def test_says_nothing_of_where_it_was_taken_or_by_what(self):
        told = Image.Exif()
        told[0x010F] = "A camera"
        told.get_ifd(PLACE)[1] = "N"
        data = self.drawn(a_picture(exif=told.tobytes(), comment=b"by Ada")).content
        assert b"camera" not in data
        assert b"Ada" not in data
        assert not opened(data).getexif()

    def test_stands_upright(self):
        turned = Image.Exif()
        turned[ORIENTATION] = RIGHT
        upright = self.drawn(a_picture((400, 200), exif=turned.tobytes()))
        assert (upright.width, upright.height) == (200, 400)

    def test_is_white_where_it_was_clear(self):
        data = self.drawn(a_picture((10, 10), (0, 0, 0, 0), "PNG")).content
        assert opened(data).convert("RGB").getpixel((5, 5)) == (255, 255, 255)

    @pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
    def test_may_come_in_three_forms(self, form):
        assert self.drawn(a_picture((20, 10), form=form)).width == 20

    @pytest.mark.parametrize(
        "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", a_picture()[:200], b"GIF89a" + bytes(50)]
    )
    def test_is_a_picture(self, content):
        with pytest.raises(Invalid) as refusal:
            self.drawn(content)
        assert code_of(refusal) == "not-a-picture"

    def test_is_no_bomb(self):
        """A few kilobytes that would unpack to more than a machine has are refused before they are."""
        with pytest.raises(Invalid) as refusal:
            self.drawn(a_picture((6000, 5000), form="PNG"))
        assert code_of(refusal) == "too-many-pixels"


class TestWhileOneIsDrawn:
    """A large picture takes seconds to draw, and the catalogue has others to answer."""

    @pytest.mark.parametrize("kind", ["picture", "logo"])
    def test_others_are_answered(self, there, monkeypatch, kind):
        began, others_answered = threading.Event(), threading.Event()
        draw = images.drawn

        def slowly(*given, **how):
            began.set()
            assert others_answered.wait(8), "nothing else was answered meanwhile"
            return draw(*given, **how)

        monkeypatch.setattr(images, "drawn", slowly)
        give = {"picture": lambda: put(there)["hash"], "logo": lambda: keep_logo(there)["logo"]}[kind]
        giving = eventlet.spawn(give)
        while not began.is_set():
            eventlet.sleep(0.01)
        assert there.ask("session", slug="leading")["picture"] is None
        others_answered.set()
        assert giving.wait()

    def test_what_is_wrong_with_it_is_refused_as_before(self, there):
        for give in (lambda: put(there, content=b"no picture"), lambda: keep_logo(there, b"no picture")):
            with pytest.raises(Invalid) as refusal:
                give()
            assert code_of(refusal) == "not-a-picture"


class TestThePictureOfASession:
    def test_has_a_file_in_each_size_up_to_its_own(self, there):
        picture = put(there)
        assert (picture["width"], picture["height"], picture["widths"]) == (1280, 800, [320, 640, 1280])
        assert picture["alt"] == "Four nurses talk"
        for width in picture["widths"]:
            file = there.ask("picture_file", caller=None, hash=picture["hash"], width=width)
            assert opened(base64.b64decode(file["content"])).width == width

    def test_is_announced_once_the_session_is_published_and_without_its_bytes(self, there):
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

    def test_is_described_in_other_words_and_its_files_stay(self, there):
        there.ask("publish_session", slug="leading")
        before = put(there)
        version = there.ask("session", slug="leading")["version"]
        after = describe(there, version, "Four nurses laugh")
        assert after["picture"] == {**before, "alt": "Four nurses laugh"}
        assert {hash for hash, _ in files(there)} == {before["hash"]}
        assert there.outbox()[-1].data["picture"] == after["picture"]

    def test_is_not_described_over_what_another_editor_saved(self, there):
        put(there)
        version = there.ask("session", slug="leading")["version"]
        describe(there, version, "Four nurses laugh")
        with pytest.raises(StaleVersion):
            describe(there, version, "Four nurses sing")

    def test_is_described_only_where_there_is_one_and_in_words(self, there):
        version = there.ask("session", slug="leading")["version"]
        with pytest.raises(NotFound):
            describe(there, version, "Four nurses")
        version = put(there) and there.ask("session", slug="leading")["version"]
        with pytest.raises(Invalid):
            describe(there, version, " ")

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
            there.ask("change_picture_of_session", slug="leading", version=1, given={"alt": "A"}, caller=asha)
        with pytest.raises(NotAllowed):
            there.ask("remove_picture_of_session", slug="leading", caller=asha)

    def test_is_of_a_session_that_is_there(self, there):
        with pytest.raises(NotFound):
            put(there, slug="none")


class TestThePictureOfASpeaker:
    def test_is_announced_at_once(self, catalogue):
        catalogue.ask("create_speaker", given={"slug": "eve", "name": "Eve"})
        picture = put(catalogue, "speaker", "eve")
        told = catalogue.outbox()[-1]
        assert (told.type, told.data["picture"]) == ("catalogue.speaker_changed.v1", picture)
        version = catalogue.ask("speaker", slug="eve")["version"]
        assert describe(catalogue, version, "Eve", "speaker", "eve")["picture"]["alt"] == "Eve"
        assert catalogue.ask("remove_picture_of_speaker", slug="eve")["picture"] is None

    def test_goes_with_the_speaker(self, catalogue):
        catalogue.ask("create_speaker", given={"slug": "eve", "name": "Eve"})
        put(catalogue, "speaker", "eve")
        catalogue.ask("delete_speaker", slug="eve")
        assert files(catalogue) == set()
