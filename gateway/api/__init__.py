"""The JSON API, one file a resource; no business rule lives here."""
