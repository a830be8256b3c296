"""A history of what people asked and were answered while things broke, and a judge of it.

`storm.py` makes and records it; `judge.py` judges it. The judge shares no code with Headrow, and knows of it what
docs/api.md says.
"""
