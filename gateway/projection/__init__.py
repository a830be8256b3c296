"""What the gateway knows by events: the catalogue and the places left, and how they are shown."""
