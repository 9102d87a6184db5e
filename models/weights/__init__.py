"""The bundled weights, and the attributions of what they were trained on. No code.

Public: the files, by the names of ``models.files.known``.
"""
