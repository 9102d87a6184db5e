"""Windows: which part of the page each panel's colour is for.

Public: ``assign.assign_windows``, ``preview``.
"""
