"""Learning: what each person learned, for themselves and for the records of those who employ them."""
