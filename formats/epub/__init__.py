"""EPUB: which pictures readers of a book see, and in which order.

``spine.py`` follows the book's own list of documents, ``pictures.py`` says what one document shows,
``styles.py`` what its style sheets do. Public: ``spine.read_spine``.
"""
