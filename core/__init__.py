"""What every package rests on, and that rests on none: nouns, options, errors, colour arithmetic, devices.

Public: ``types`` (Chapter, Page, Panel, Tile, Artifact), ``settings`` (Options, RunOptions), ``errors``,
``colour``, ``atomic``, ``devices``, ``cpu``.
"""
