"""Many cores: pages in several processes of this machine, each with the local engine.

Public: ``crew.Crew``, ``shares.most_for``.
"""
