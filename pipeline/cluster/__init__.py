"""Many machines: the local engine on each worker of a Dask cluster.

Public: ``engine.ClusterEngine``.
"""
