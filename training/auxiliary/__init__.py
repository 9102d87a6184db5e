"""Training of the small networks beside the colour network.

Public: ``balloons``, ``panels``, ``descreen``, ``upscale``, ``segment_embedding``.
"""
