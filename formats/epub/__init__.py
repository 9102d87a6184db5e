"""EPUB: which pictures readers of a book see, and in which order; and a book made of pictures.

``spine.py`` follows the book's own list of documents, ``pictures.py`` says what one document shows,
``styles.py`` what its style sheets do; ``writing.py`` makes a book. Public: ``spine.read_spine``,
``writing.write_epub``.
"""
