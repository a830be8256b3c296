"""Taking a whole installation's people, bookings and attendance out, and bringing them into another."""
