"""Measures of colour networks and coloured pages, and reports of them.

Public: ``evaluate.evaluate``, ``metrics``, ``structure``, ``tint_table``.
"""
