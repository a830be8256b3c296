"""Reach: whom the programme reaches, as figures that name nobody and from which nobody can be worked out.

`facts` keeps one row a place, `counts` counts them, `disclosure` decides what of it may be shown, `figures` keeps that,
and `answers` reads it. See docs/decisions/0011-reach-without-names.md.
"""
