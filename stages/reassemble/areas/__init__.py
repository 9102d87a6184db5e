"""Parts of a page that somebody has outlined: there some segments have other colours than elsewhere.

Public: ``area.LaidArea``, ``area.lay_area``, ``pixel_rows.PixelRows``.
"""
