"""What a booking came to: which meetings its owner was at, the share that makes, and the certificate of it."""
