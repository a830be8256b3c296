"""Headrow's tests; the tree mirrors the code's."""
