"""The page that the code on a certificate leads to: what it states, so that anybody can hold it against the paper."""

from datetime import date, datetime, time

from werkzeug.wrappers import Response

from gateway.features.bookings.certificates_api import certificate_of
from gateway.projection.call import Call
from gateway.web.routing import page_routes
from gateway.web.times import hours_in_words
from services.runtime.schemas import CITY

routes = page_routes("certificates", private=True)


@routes.route("GET", "/certificates/{code}", "Check a certificate", requires="anyone")
def show_certificate(call: Call) -> Response:
    """Title, dates, hours and name, and nothing more."""
    told = certificate_of(call)
    days = [datetime.combine(date.fromisoformat(day), time(12), CITY) for day in told["dates"]]
    hours = {name: hours_in_words(told[name]) for name in ("hours", "participatory_hours")}
    shown = {**told, **hours, "dates": days}
    return call.app.pages.show_form(call, "certificate.html", certificate=shown)
