"""What the studio's page in the browser asks: pages, colours, panels and runs, a module each.

Public: the ``routes`` of each module.
"""
