"""Spreads: whether two pages are the halves of one drawing, and the two as one picture.

Public: ``edges.find_edges``, ``matching.match_edges``, ``joining.lay_out``, ``joining.join_halves``,
``halves.page_of``, ``halves.half_of``, ``drawings.Drawings``.
"""
