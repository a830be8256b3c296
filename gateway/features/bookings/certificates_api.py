"""Certificates of attendance: the document, and the check that it is genuine."""

from werkzeug.wrappers import Response

from gateway.features.bookings.certificates import pdf_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.registration import schemas as registration

routes = Routes("api.certificates", "Certificates")


@routes.route(
    "GET", "/bookings/{reference}/certificate.pdf", "Download a certificate", requires="person", media="application/pdf"
)
def read_certificate(call: Call) -> Response:
    """Once the booking is attended, or attended in part. The team may download anybody's."""
    call.model.require_ready()
    facts = call.registration("certificate", reference=call.path["reference"]).value
    settings = call.app.settings
    content = pdf_of(facts, call.model, settings.public_url, settings.mail_from, call.app.typeset)
    response = responses.single(call, content, conditional.tag(content), personal=True, media="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{facts["reference"]}.pdf"'
    return response


@routes.route(
    "GET", "/certificates/{code}", "Check a certificate", requires="anyone", returns=registration.CertificateShown
)
def verify_certificate(call: Call) -> Response:
    """What it states: title, dates, hours and name, and nothing more."""
    content = responses.to_json(certificate_of(call))
    return responses.single(call, content, conditional.tag(content), personal=True)


def certificate_of(call: Call) -> Data:
    """Return what the certificate states whose code is in the path. Whoever asks is nobody in particular."""
    return dict(call.services.registration.call("verify_certificate", code=call.path["code"]).value)
