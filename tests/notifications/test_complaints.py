"""What people complained of in the systems before this one, as far as it is about what they are sent."""

from tests.notifications.reading import calendar, has_invite, uids

BEN = "0c8f4f5e-3f3a-4d38-8a53-6e1c7a2b9d10"


def attendees(mail):
    return [str(event["ATTENDEE"]).lower() for event in calendar(mail).walk("VEVENT")]


def test_a_cancelled_seat_tells_only_the_one_whose_it_is_and_the_invite_names_nobody_else(world):
    world.person(BEN, email="ben@example.org", name="Ben")
    world.booking()
    world.booking(person=BEN, reference="HR-BEN234")
    # Two people's letters have no order among them: each is found by whom it is for.
    bens, zoes = sorted(world.deliver(), key=lambda mail: str(mail["To"]))
    assert [attendees(bens), attendees(zoes)] == [["mailto:ben@example.org"], ["mailto:zoe@example.org"]]
    assert not {*uids(calendar(zoes))} & {*uids(calendar(bens))}, "each has an entry of their own in the calendar"

    world.booking("booking_cancelled", version=2)
    [told] = world.deliver()
    assert told["To"] == "Zoë Okafor <zoe@example.org>"
    assert has_invite(told)
    assert calendar(told)["METHOD"] == "CANCEL"
    assert attendees(told) == ["mailto:zoe@example.org"]
    assert uids(calendar(told)) == uids(calendar(zoes))
