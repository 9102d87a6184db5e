"""Training pictures: read, packed, and turned into manga-like inputs.

Public: ``pictures``, ``pack``, ``synthesis``, ``manga_page.manga_page``.
"""
