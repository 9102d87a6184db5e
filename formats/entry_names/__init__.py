"""Names of an archive's entries: their bytes, kept, and the text that they are read as.

Public: ``stored.StoredName``, ``zip_directory.open_zip``, ``encoding.guess_encoding`` and ``check_encoding``.
"""
