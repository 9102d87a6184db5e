"""Colours to follow: segments of coloured pages, of pictures or of a series' table, and what is like them.

Public: ``pictures.hash_references``, ``pictures.reference_features``, ``learnt.learnt_features``,
``matching.match_references``.
"""
