"""The options of commands, made from the settings of a run, and the file that holds them.

Public: ``options.settings_options``, ``options.option_table``, ``settings_file.read_file``.
"""
