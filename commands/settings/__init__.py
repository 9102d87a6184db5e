"""The options of commands, made from the settings of a run, and the file that holds them."""
