"""Colours to follow: segments of coloured pages, of pictures or of a series' table, and what is like them.

Public: ``pictures.hash_references``, ``pictures.see_reference``, ``pictures.join_references``,
``learnt.learnt_features``, ``matching.match_references``.
"""
