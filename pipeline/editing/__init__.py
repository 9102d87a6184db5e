"""Colours of a finished chapter, looked at and changed by hand: its pages as they are kept, points on them,
what an edit covers, pages painted at screen size, and contact sheets.

Public: ``chapter.open_chapter``, ``painter.PagePainter``, ``coverage.Surfaces``, ``preview.write_preview``.
"""
