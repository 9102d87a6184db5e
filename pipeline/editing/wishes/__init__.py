"""What people ask of a palette, in their words, as changes to it.

Public: ``options.Wishes``, ``changer.Changer``, ``reading.parse_set``.
"""
