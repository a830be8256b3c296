"""What the community service refuses, as facts."""
