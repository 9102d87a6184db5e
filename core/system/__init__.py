"""Which system this is, where that makes a difference, and files on all of them. It imports nothing heavy.

Public: ``kind.on_windows``, ``kind.stop_signals``,
``files.move_file``, ``files.remove_file``, ``files.read_file``,
``files.is_held``, ``files.is_link``, ``files.is_same_file``, ``files.is_same_place``, ``files.identify``,
``moves.move_all``, ``moves.finish_moves``.
"""
