"""How a guest's colours, each page's own as they came, become the colours of a chapter.

Public: ``trust.judge_guest``, ``guided.Guided``, ``guided.guide``.
"""
