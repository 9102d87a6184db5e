"""Segments: regions of a window between ink lines and edges of tone, and a row of features for each.

Public: ``segmentation.segment``, ``frames.find_outlines``, ``describing.describe_segments``,
``describing.measure_ink``.
"""
