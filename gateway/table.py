"""Every route of the gateway, in one table."""

from gateway.api import (
    addresses,
    attendance,
    booking_sheets,
    bookings,
    calendars,
    certificates,
    city,
    community,
    emails,
    facilitators,
    feedback,
    feeds,
    imports,
    interests,
    introductions,
    materials,
    me,
    messages,
    operations,
    organisations,
    pledges,
    programmes,
    reach,
    reports,
    roles,
    sectors,
    sessions,
    sign_in,
    speakers,
    suggestions,
    tables,
)
from gateway.pages import (
    account,
    book,
    calendar_address,
    check_in,
    errors,
    facilitating,
    first_steps,
    home,
    members,
    met_there,
    moves,
    notices,
    operator,
    places,
    static,
    suggest,
    team_attendance,
    team_booking,
    team_bookings,
    team_city,
    team_colleagues,
    team_dashboard,
    team_demand,
    team_facilitators,
    team_home,
    team_imports,
    team_mail,
    team_materials,
    team_people,
    team_programmes,
    team_reports,
    team_session_actions,
    team_sessions,
    team_speakers,
    team_tables,
    team_writing,
    welcome,
)
from gateway.pages import bookings as booking_pages
from gateway.pages import certificates as certificate_pages
from gateway.pages import community as community_pages
from gateway.pages import emails as email_pages
from gateway.pages import feedback as feedback_pages
from gateway.pages import interests as interest_pages
from gateway.pages import introductions as introduction_pages
from gateway.pages import messages as message_pages
from gateway.pages import pledges as pledge_pages
from gateway.pages import reach as reach_pages
from gateway.pages import recordings as recording_pages
from gateway.pages import sessions as session_pages
from gateway.pages import sign_in as sign_in_pages
from gateway.pages import speakers as speaker_pages
from gateway.pages import tell_me as tell_me_pages
from gateway.pages import topics as topic_pages
from gateway.routing import Route

API = (
    sign_in.routes,
    me.routes,
    calendars.routes,
    emails.routes,
    city.routes,
    sectors.routes,
    organisations.routes,
    programmes.routes,
    sessions.routes,
    speakers.routes,
    materials.routes,
    imports.routes,
    bookings.routes,
    booking_sheets.routes,
    messages.routes,
    interests.routes,
    suggestions.routes,
    attendance.routes,
    facilitators.routes,
    roles.routes,
    addresses.routes,
    certificates.routes,
    feedback.routes,
    pledges.routes,
    community.routes,
    introductions.routes,
    reports.routes,
    tables.routes,
    feeds.routes,
    reach.routes,
    operations.about,
    operations.routes,
)
PAGES = (
    home.routes,
    session_pages.routes,
    recording_pages.routes,
    speaker_pages.routes,
    topic_pages.routes,
    tell_me_pages.routes,
    sign_in_pages.routes,
    welcome.routes,
    check_in.routes,
    certificate_pages.routes,
    interest_pages.routes,
    booking_pages.routes,
    email_pages.routes,
    feedback_pages.routes,
    pledge_pages.routes,
    message_pages.routes,
    team_home.routes,
    team_programmes.routes,
    team_speakers.routes,
    team_sessions.routes,
    team_session_actions.routes,
    team_materials.routes,
    team_imports.routes,
    team_city.routes,
    team_colleagues.routes,
    team_mail.routes,
    first_steps.routes,
    errors.routes,
    notices.routes,
    static.routes,
    feeds.beside_the_pages,
    calendars.beside_the_pages,
    team_bookings.routes,
    team_booking.routes,
    team_attendance.routes,
    team_tables.routes,
    facilitating.routes,
    team_facilitators.routes,
    team_writing.routes,
    team_people.routes,
    team_demand.routes,
    team_dashboard.routes,
    operator.routes,
    book.routes,
    places.routes,
    moves.routes,
    account.routes,
    calendar_address.routes,
    suggest.routes,
    community_pages.routes,
    members.routes,
    introduction_pages.routes,
    met_there.routes,
    team_reports.routes,
    reach_pages.routes,
)


def api_routes() -> list[Route]:
    """Return what the OpenAPI document describes."""
    return [route for routes in API for route in routes.table]


def all_routes() -> list[Route]:
    """Return the whole table."""
    return [*api_routes(), *(route for routes in PAGES for route in routes.table)]
