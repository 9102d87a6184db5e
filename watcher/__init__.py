"""A watched folder: what lies in it, what has settled, what is done, and one run after the other.

``folder`` looks, ``settling`` waits, ``chapters`` tells what is what, ``records`` remembers, ``turns``
chooses, ``loop`` does it. Public: ``watch.watch``, ``display.WatchDisplay``, ``json_stream.watch_documents``,
``events.Event``.
"""
