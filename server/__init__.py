"""Colouring over HTTP: one queue and one engine behind the protocols that readers' programs speak.

Public: ``server.listen.serve``; ``server.app.make_app`` for tests and for whoever adds pages of its own.
"""
