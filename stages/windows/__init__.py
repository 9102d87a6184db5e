"""Windows: the part of the page that each panel's colour is for, their scale, and what is found in them.

Public: ``assign.assign_windows``, ``scale.working_size``, ``scale.drawing_size``, ``views.show_window``,
``artifact.PageColours``, ``preview.lay_out``.
"""
