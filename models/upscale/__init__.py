"""Super-resolution networks: which are known, where their weights lie, and how they run on luma.

Public: ``loader.load_upscaler``, ``known.NETWORKS``.
"""
