"""What earlier pages of a series decided, and how segments of new ones agree with that.

Public: ``grouping``, ``recall``, ``remembered``.
"""
