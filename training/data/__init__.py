"""Training pictures: read, packed, and turned into manga-like inputs.

Public: ``pictures``, ``sources``, ``folders``, ``pack``, ``synthesis``, ``manga_page.draw_manga_page``.
"""
