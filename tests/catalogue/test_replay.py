"""What the catalogue tells again is its snapshot, as events for one reader."""

from services.bus.outbox import addressed_to
from services.catalogue import replay
from tests.catalogue.given import a_virtual_session, the_file

SESSIONS = {"catalogue.city_described.v1", "catalogue.session_published.v1", "catalogue.session_cancelled.v1"}


def replayed(catalogue, reads):
    events, cursor = [], None
    while True:
        with catalogue.transactions.begin() as db, addressed_to(db, "reader", reads) as told:
            cursor = replay.tell(db, cursor)
        events += told
        if cursor is None:
            return events


def test_an_empty_catalogue_has_nothing_to_tell(empty):
    assert replayed(empty, SESSIONS) == []


def test_a_reader_is_told_what_it_reads_of_the_snapshot_in_its_order(empty):
    empty.ask("import_programme", given=the_file())
    empty.ask("create_session", given=a_virtual_session(slug="draft", programme="virtual-sessions"))
    empty.ask("cancel_session", slug="maxims-in-practice", given={"reason": "Snow."})
    events = replayed(empty, SESSIONS)
    wanted = [item for item in empty.snapshot() if item["type"] in SESSIONS]
    told = [{"type": e.type, "subject": e.subject, "version": e.version, "data": e.data} for e in events]
    assert told == wanted
    assert [event.type.split(".")[1] for event in events].count("session_published") == 7
