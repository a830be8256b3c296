"""Reach: who the programme reaches, in exact figures for the team and in rounded ones to share.

`facts` keeps one row a place, `rooms` counts each session once it is over, `counts` adds sessions up, `sharing` rounds,
and `answers` puts an answer together. See docs/decisions/0035-reach-in-exact-figures.md.
"""
