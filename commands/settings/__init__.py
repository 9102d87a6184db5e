"""The options of commands, made from the settings of a run, the file that holds them, and their completion.

Public: ``options.settings_options``, ``options.option_table``, ``settings_file.read_file``,
``bare.bare_settings``, ``bare.bare_context``, ``every_name.every_name``,
``completion.complete_without_command``.
"""
