"""Where letters are handed over: a folder of .eml files, or an SMTP server. GOV.UK Notify is in `notify.py`."""

import os
import re
import smtplib
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from services.notifications.composing.headers import one_line
from services.notifications.delivery import mail_folder
from services.notifications.emails import Letter

CONNECTING = 30.0  # seconds for each step of getting a connection, and to find out whether one still works
ANSWERING = 300.0  # seconds for each answer about a letter: giving up too early would send it twice (RFC 5321, 4.5.3.2)
CLOSING = 421  # the answer of a server that ends the connection, whatever it was asked
PARTING = 2.0  # seconds for a farewell
LONGEST_ANSWER = 500  # characters of it that are kept
LETTERS_A_CONNECTION = 50  # many servers allow no more than a hundred


class NotDelivered(Exception):
    """The letter was not taken; the message says what the other side answered, without the address."""


class Refused(NotDelivered):
    """The server will never take this letter: a 5xx answer to its recipient (then `recipient`) or its content."""

    def __init__(self, text: str, recipient: bool = False) -> None:
        super().__init__(text)
        self.recipient = recipient


class PutOff(NotDelivered):
    """The server will not take this letter now: a 4xx answer to its recipient or its content."""


class Unreachable(NotDelivered):
    """No letter can be handed over now: no server, no answer, or one that will not have us."""


class Transport(Protocol):
    """Something that takes letters; safe to use from several threads at once.

    `doubles` says whether a letter that is handed over again is a second email.
    """

    doubles: bool

    def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises NotDelivered in one of its kinds."""

    def rest(self) -> None:
        """Let go of what is only of use while there are more letters."""

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        """Drop what is kept here of the letters to this address, and of those with these ids. Raises OSError."""


class Folder:
    """Writes each letter to a file that is named by its time and id, so that a second sending doubles nothing."""

    doubles = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: Letter) -> None:
        """Write the letter; it appears whole or not at all."""
        name = mail_folder.name_of(letter.id, letter.written_at)
        hidden = self.folder / f".{name}.tmp"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(hidden, "wb", opener=_for_the_owner) as file:
                file.write(letter.mail)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(self.folder / name)
        except OSError as error:
            with suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise Unreachable(f"cannot write to the mail folder: {error.strerror}") from error

    def rest(self) -> None:
        """A folder holds nothing."""

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        """Drop the files of these letters. Raises OSError."""
        mail_folder.forget(self.folder, address, ids)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # there are sign-in codes in letters


@dataclass
class Connection:
    """A connection to a server, and how many letters went over it."""

    smtp: smtplib.SMTP
    letters: int = 0


class Server:
    """Hands letters to an SMTP server, over connections that are kept while there are letters."""

    doubles = True

    def __init__(self, url: str, connecting: float = CONNECTING, answering: float = ANSWERING) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("the address of the mail server names no host")
        self.host, self.tls = parts.hostname, parts.scheme == "smtps"
        self.port = parts.port or (smtplib.SMTP_SSL_PORT if self.tls else smtplib.SMTP_PORT)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.connecting, self.answering = connecting, answering
        self.is_here = _is_here(self.host)
        self._idle: list[Connection] = []

    def send(self, letter: Letter) -> None:
        """Hand the letter over, on a connection that is there or a new one."""
        connection = self._take()
        try:
            connection.smtp.sendmail(letter.sender, [letter.recipient], letter.mail)
        except smtplib.SMTPRecipientsRefused as error:
            refusal = _answered(*error.recipients[letter.recipient], letter, recipient=True)
        except smtplib.SMTPDataError as error:
            refusal = _answered(error.smtp_code, error.smtp_error, letter)
        except (smtplib.SMTPException, OSError) as error:
            connection.smtp.close()
            raise Unreachable(without_address(repr(error), letter.recipient)) from error
        except BaseException:
            connection.smtp.close()
            raise
        else:
            self._put_back(connection)
            return
        if isinstance(refusal, Unreachable):
            connection.smtp.close()
        else:
            self._put_back(connection)
        raise refusal

    def rest(self) -> None:
        """Close the connections that nobody is using."""
        while self._idle:
            _close(self._idle.pop())

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        """Nothing is kept here of what was handed over: it is with whoever it was written to, and theirs."""

    def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            with suppress(smtplib.SMTPException, OSError):
                _wait_at_most(self.connecting, connection.smtp)
                if connection.smtp.rset()[0] == 250:  # nothing may be left of a letter that was turned down
                    _wait_at_most(self.answering, connection.smtp)
                    return connection
            connection.smtp.close()
        try:
            return Connection(self._open())
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(without_address(f"{self.host}:{self.port}: {error!r}", "")) from error

    def _put_back(self, connection: Connection) -> None:
        connection.letters += 1
        if connection.letters < LETTERS_A_CONNECTION:
            self._idle.append(connection)
        else:
            _close(connection)

    def _open(self) -> smtplib.SMTP:
        if self.tls:
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.connecting, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=self.connecting)
        try:
            self._greet(smtp)
            _wait_at_most(self.answering, smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _greet(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not self.tls and smtp.has_extn("starttls"):
            smtp.starttls(context=self._tls_context())
            smtp.ehlo_or_helo_if_needed()
        elif self.user and not self.tls and not self.is_here:
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS: the password would be readable")
        if self.user:
            smtp.login(self.user, self.password)

    def _tls_context(self) -> ssl.SSLContext:
        """Without a password to protect, any encryption is better than none, as mail servers do among themselves."""
        context = ssl.create_default_context()
        if not self.user or self.is_here:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def _answered(code: int, answer: bytes | str, letter: Letter, recipient: bool = False) -> NotDelivered:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    said = without_address(f"{code} {text}", letter.recipient)
    if 500 <= code < 600:
        return Refused(said, recipient)
    return PutOff(said) if 400 <= code < 500 and code != CLOSING else Unreachable(said)


def without_address(text: str, address: str) -> str:
    """Return what a server said, in one line that a database can hold, without the address in it."""
    said = one_line(text)[:LONGEST_ANSWER]
    return re.sub(re.escape(address), "(the address)", said, flags=re.IGNORECASE) if address else said


def _wait_at_most(seconds: float, smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _close(connection: Connection) -> None:
    with suppress(smtplib.SMTPException, OSError):
        _wait_at_most(PARTING, connection.smtp)
        connection.smtp.quit()
    connection.smtp.close()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
