"""``python -m mangacolor``."""

from mangacolor.cli import main

if __name__ == "__main__":
    main()
