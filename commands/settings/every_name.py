"""The names of all that ``mangacolor.toml`` and the environment may set, for whichever command."""

from __future__ import annotations

from mangacolor.commands.settings.options import setting_names
from mangacolor.commands.settings.settings_file import file_options


def every_name() -> set[str]:
    """The long names of options that one command or another takes from there. Imports the commands that have
    options of their own."""
    from mangacolor.commands.learn import learn
    from mangacolor.commands.panels import panels
    from mangacolor.commands.serve import serve
    from mangacolor.commands.studio import studio

    return setting_names().union(*map(file_options, (learn, panels, serve, studio)))
