"""Colour networks: how they are built, their files, and how they run.

Public: ``unet.create_generator``, ``checkpoints.load_generator``, ``checkpoints.save_generator``,
``runner.load_colour_runner``.
"""
