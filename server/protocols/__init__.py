"""What each program says and expects to hear. A module a protocol; all of them end at ``Service.answer``.

Public: the ``routes`` function of each module.
"""
