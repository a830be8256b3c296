"""Scenarios: the bus at work, each played by a green process of its own, which a test process cannot be.

`python -m tests.bus.scenarios NAME BUS DATABASE FOLDER` plays one. `test_running.py` plays them all.
"""
