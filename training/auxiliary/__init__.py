"""Training of the small networks beside the colour network: one loop, and a module a network.

Public: ``loop.Loop``; ``balloons``, ``panels``, ``descreen``, ``upscale``, ``segment_embedding``, each with a
``train(request)``.
"""
