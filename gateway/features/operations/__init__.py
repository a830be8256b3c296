"""Operations: health, metrics, events that were given up on, and how sessions fill."""
