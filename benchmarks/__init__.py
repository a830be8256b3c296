"""What Headrow does in a second, beside what it is built from: `python -m benchmarks`, or `make bench`."""
