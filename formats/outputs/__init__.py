"""What a run is to leave in OUT, and under which names.

Public: ``planned.Output``, ``names.OutputNames``, ``book_forms.BookForm``.
"""
