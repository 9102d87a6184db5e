"""PDF in and out: pages as a viewer shows them, scans taken byte for byte, chapters written.

``pages.py`` reads, ``scans.py`` says when a page is one scanned picture, ``writing.py`` writes. Public:
``pages.list_pages``, ``pages.read_page``, ``writing.write_pdf``.
"""
