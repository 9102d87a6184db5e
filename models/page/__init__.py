"""Small networks that look at a page: borders and balloons, and luma without screentone.

Public: ``page_net.PageNet``, ``descreener.descreen``.
"""
