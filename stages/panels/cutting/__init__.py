"""Where the panels of a page lie: it is cut into convex regions along gutters and frame lines.

``page.py`` puts the others together. ``lines.py`` and ``border_net.py`` gather evidence; ``gutters.py``,
``shared_lines`` and ``frameless.py`` score candidates by it; ``cuts.py`` decides, and is told by ``style.py``
what gutters a page has; ``record.py`` writes down why. Public: of ``page`` ``detect_polygons``,
``Detection``, ``Method``; of ``record`` ``CutCandidate``.
"""
