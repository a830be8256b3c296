"""What people say: feedback, pledges, interests and suggestions."""
