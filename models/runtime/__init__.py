"""What computes a network on a processor: torch or ncnn, on as many threads as there are cores.

Public: ``backends.cpu_backend``, ``parallel.parallel_map``, ``ncnn_graph.Graph``.
"""
