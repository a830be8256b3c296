"""Places: sessions, bookings, the waiting list, and what is known of them."""
