"""By which way emails leave, as the setting says it."""

from functools import cache
from urllib.parse import urlsplit

from services.notifications.delivery import mail_folder
from services.notifications.delivery.transports import Folder, Server, Transport


@cache
def transport_for(url: str) -> Transport:
    """Return the transport for `file:/folder`, `smtp://[user:password@]host[:port]`, `smtps://…`, or `notify://…`.

    Raises ValueError for any other URL.
    """
    scheme = urlsplit(url).scheme
    if scheme == "file":
        return Folder(mail_folder.folder_of(url))
    if scheme in ("smtp", "smtps"):
        return Server(url)
    if scheme in ("notify", "notify+http"):
        from services.notifications.delivery.notify import Notify  # few have use for it

        return Notify(url)
    raise ValueError(f"mail cannot be sent by {scheme or 'nothing'}: it takes file:, smtp:, smtps: or notify:")


def way_of(url: str, sender: str) -> dict[str, str]:
    """Return in which way letters leave, where to, and under whose name: nothing that only we may know."""
    parts = urlsplit(url)
    way = {"smtps": "smtp", "notify+http": "notify"}.get(parts.scheme, parts.scheme)
    where = str(mail_folder.folder_of(url)) if way == "file" else parts.hostname or ""
    return {"way": way, "where": where, "sender": "" if way == "notify" else sender}
