"""What a run leaves in OUT: pages, the manifest, cached artifacts, palettes and corrections.

Public: ``layout.State``, ``manifest.Manifest``, ``cache.PageCache``, ``keys.make_recipe``.
"""
