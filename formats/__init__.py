"""Files in and out: pictures, archives, PDF and EPUB to chapters of pages, and finished pages back into them.

Public: ``discovery.discover``, ``pixels.decode_picture``, ``writers.encode_picture``, ``archive_out``.
"""
