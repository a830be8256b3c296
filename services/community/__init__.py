"""Who meets whom: members, introductions, tables, and who the programme reaches. Learns all it knows from events."""
