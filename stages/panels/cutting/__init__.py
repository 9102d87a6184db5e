"""Where the panels of a page lie: it is cut into convex regions along gutters and frame lines.

``page.py`` puts the others together; ``lines.py`` and ``border_net.py`` gather evidence, ``gutters.py``
scores cuts by it, ``cuts.py`` decides. Public: of ``page`` ``detect``, ``whole_page``, ``Found``, ``Method``.
"""
