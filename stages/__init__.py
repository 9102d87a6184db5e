"""The steps that a page goes through, a package or a file each; ``registry.py`` lists them.

Public: ``base.Stage``, ``base.ChapterStage``, ``graph.Graph``, ``registry.default_graph``.
"""
