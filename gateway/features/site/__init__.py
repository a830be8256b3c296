"""The site itself: home, menu, notices, the city, and first steps."""
