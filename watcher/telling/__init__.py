"""Who is told that a chapter is done: a program, Komga, Kavita.

Public: ``messengers.Messengers``, ``messengers.make_messengers``.
"""
