"""Colour networks: what each can do, how it is built, its files, and how it runs.

``interface.ARCHITECTURES`` is the table of them, ``generator.Generator`` what each of them is, ``runner``
what colours tiles with one, and ``prediction`` what comes out.

Public: ``factory.create_generator``, ``checkpoints.load_generator``, ``checkpoints.save_generator``,
``runner.load_colour_runner``, ``interface.Architecture``.
"""
