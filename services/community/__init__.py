"""Who meets whom: members, introductions, tables, and whom the programme reaches. Learns all it knows from events."""
