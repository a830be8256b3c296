"""Moving in: people, organisations and past bookings from another programme, by files that are taken whole."""
