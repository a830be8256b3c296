"""Reports in the forms in which three mail servers write them (RFC 3464 in RFC 6522)."""

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: academy@mail.example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9B7A12C0.1801476000/mx.example.net"
Content-Transfer-Encoding: 8bit

This is a MIME-encapsulated message.

--9B7A12C0.1801476000/mx.example.net
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{address}>: host mx.example.com[192.0.2.7] said: {said}

--9B7A12C0.1801476000/mx.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 9B7A12C0
X-Postfix-Sender: rfc822; academy@mail.example.org
Arrival-Date: Mon,  1 Feb 2027 10:00:01 +0000 (GMT)

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {said}

--9B7A12C0.1801476000/mx.example.net
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <academy@mail.example.org>
Message-ID: <{id}@mail.example.org>
Date: Mon, 01 Feb 2027 10:00:00 -0000
From: "Leeds Academy" <academy@mail.example.org>
To: =?utf-8?q?Zo=C3=AB_Okafor?= <{address}>
Subject: Your place in March

--9B7A12C0.1801476000/mx.example.net--
"""

EXCHANGE = """\
From: <postmaster@outlook.example>
To: <academy@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="46d7d0c1-9a3f-4d53-9f1e-0f3c0e6f5c11"
Content-Language: en-GB
X-MS-Exchange-Message-Is-Ndr:
Subject: Undeliverable: Your place in March

--46d7d0c1-9a3f-4d53-9f1e-0f3c0e6f5c11
Content-Type: multipart/alternative; differences=Content-Type;
 boundary="a1c4b2f0-11d2-4d0a-8a4e-3a2b1c0d9e8f"

--a1c4b2f0-11d2-4d0a-8a4e-3a2b1c0d9e8f
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {address} couldn't be delivered.=20

--a1c4b2f0-11d2-4d0a-8a4e-3a2b1c0d9e8f
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><b>{address} wasn't found at outlook.example</b></body></html>

--a1c4b2f0-11d2-4d0a-8a4e-3a2b1c0d9e8f--

--46d7d0c1-9a3f-4d53-9f1e-0f3c0e6f5c11
Content-Type: message/delivery-status

Reporting-MTA: dns;LO2P123MB0001.outlook.example
Received-From-MTA: dns;mx.example.net
Arrival-Date: Mon, 1 Feb 2027 10:00:02 +0000

Final-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp;{said}

--46d7d0c1-9a3f-4d53-9f1e-0f3c0e6f5c11
Content-Type: message/rfc822

Received: from mx.example.net (192.0.2.9) by outlook.example; Mon, 1 Feb 2027 10:00:02 +0000
Message-ID:
 <{id}@mail.example.org>
Date: Mon, 01 Feb 2027 10:00:00 -0000
From: "Leeds Academy" <academy@mail.example.org>
To: {address}
Subject: Your place in March
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_alternative"

--=_alternative
Content-Type: text/plain; charset=UTF-8

Hello Zoë,

--=_alternative--

--46d7d0c1-9a3f-4d53-9f1e-0f3c0e6f5c11--
"""

GMAIL = """\
Delivered-To: academy@mail.example.org
Received: by 2002:a05:6a20:1 with SMTP id x1; Mon, 01 Feb 2027 02:00:05 -0800 (PST)
From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
To: academy@mail.example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{id}@mail.example.org>
In-Reply-To: <{id}@mail.example.org>
X-Failed-Recipients: {address}
MIME-Version: 1.0
Content-Type: multipart/report; boundary="000000000000c5a1b705e0f1a2b3"; report-type=delivery-status

--000000000000c5a1b705e0f1a2b3
Content-Type: multipart/related; boundary="000000000000c5b0d905e0f1a2b4"

--000000000000c5b0d905e0f1a2b4
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

QWRkcmVzcyBub3QgZm91bmQ=
--000000000000c5b0d905e0f1a2b4--
--000000000000c5a1b705e0f1a2b3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
Arrival-Date: Mon, 01 Feb 2027 02:00:04 -0800 (PST)
X-Original-Message-ID: <{id}@mail.example.org>

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Remote-MTA: dns; gmail-smtp-in.l.google.example. (192.0.2.27, the server for the domain gmail.example.)
Diagnostic-Code: smtp; {said}
Last-Attempt-Date: Mon, 01 Feb 2027 02:00:05 -0800 (PST)

--000000000000c5a1b705e0f1a2b3
Content-Type: message/rfc822

Date: Mon, 01 Feb 2027 10:00:00 -0000
Message-Id: <{id}@mail.example.org>
From: "Leeds Academy" <academy@mail.example.org>
To: {address}
Subject: Your place in March

----- Message truncated -----

--000000000000c5a1b705e0f1a2b3--
"""

SAID = {
    "postfix": "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
    "exchange": "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {address} not found by SMTP address lookup",
    "gmail": "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
    " 550-5.1.1 double-checking the recipient's email address. 550 5.1.1 https://support.example/{address}",
}
FORMS = {"postfix": POSTFIX, "exchange": EXCHANGE, "gmail": GMAIL}


def report(
    id_: str,
    form: str = "postfix",
    address: str = "zoe@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    said: str | None = None,
) -> bytes:
    """Return a report on the message `id_`."""
    said = (SAID[form] if said is None else said).format(address=address)
    text = FORMS[form].format(id=id_, address=address, action=action, status=status, said=said)
    return text.replace("\n", "\r\n").encode()
