"""Small networks that look at a page: borders and balloons, and luma without screentone.

Public: ``networks.page_reader`` and ``networks.descreener`` for stages, ``page_net.PageNet`` and
``descreener.Descreener`` for training.
"""
