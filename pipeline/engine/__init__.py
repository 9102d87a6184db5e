"""One machine's engine: pages stream through the graph, chapter stages in between.

Public: ``local.Engine``.
"""
