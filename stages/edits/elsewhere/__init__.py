"""Edits that stand elsewhere than in the chapter's own palette: in hints, and in the memory of a series.

Public: ``given.Given``, ``hints.read_hints``, ``series.recall_edits``, ``series.remember_edits``.
"""
