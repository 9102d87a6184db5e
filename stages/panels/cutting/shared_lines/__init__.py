"""Lines that two panels share, and steps from one panel straight into the next.

``finding.py`` scores them; ``second_look.py`` lets the network see slanted ones straightened, ``hidden.py``
looks at those of which something hides the middle, ``evidence.py`` says what speaks for them, ``bars.py``
tells the sides of a thing. Public: of ``finding`` ``find_shared_lines``.
"""
