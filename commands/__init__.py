"""A command a file, its options and its body together; ``cli.py`` has the table of them.

Public: the click commands that ``cli.COMMANDS`` names.
"""
