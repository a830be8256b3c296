"""What the community service accepts and what it returns."""
