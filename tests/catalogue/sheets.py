"""Sheets that are imported, as people write them, and what becomes of them."""

SPEAKERS = "Name;Job title;Organisation;About\r\nAda;;Elm Court;Speaks.\r\nZoë Okafor;Nurse;Elm Court;\r\n"
SESSIONS = """Title,Programme,Kind,Date,Starts,Ends,Venue,Places,Topics,Speakers
Listening well,A series,In person,9/3/2027,2pm,16:00,Library,20,"Care, Systems thinking",Ada
Online together,series,online,Thu 10 March 2027,14:00,3.30 pm,,40,,
"""
COURSE = """slug\ttitle\tprogramme\tdelivery\tstarts_at\tends_at\tplaces_online
course\tA course\tseries\tvirtual\t2027-04-06 09:30\t2027-04-06 12:00\t30
course\t\t\t\t2027-03-30 09:30\t12:00\t
"""
MATERIALS = """Session,Programme,Title,Link,Kind,Audience
A talk,,Slides,https://example.org/talk.pdf,Slides,Attendees
,A series,Reader,https://example.org/reader.pdf,PDF,
,,Glossary,https://example.org/glossary,link,community
"""


def imports(world, kind, text, dry_run=False):
    return world.ask("import_csv", kind=kind, text=text, dry_run=dry_run)


def counts(answer):
    return answer["add"], answer["change"], answer["same"]
