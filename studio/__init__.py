"""The studio: a chapter in the browser, where a click changes a colour and a drag a panel.

Public: ``listen.open_studio``, ``settings.StudioSettings``.
"""
