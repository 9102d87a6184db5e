"""Files of weights: known by name, found, hashed, checked, read or fetched; nothing in them is executed.

Public: ``known.WEIGHTS``, ``reading``, ``download.fetch``, ``pretrained``.
"""
