"""Headrow's services: catalogue, registration, notifications, and the bus that they talk over."""
