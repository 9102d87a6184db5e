"""Where things lie: the checkout that the tests run in, and pages that are not in it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A folder of pages too large for the repository; CONTRIBUTING.md says which. Tests that need it are skipped.
PAGES = Path(os.environ.get("MANGACOLOR_TEST_PAGES", ROOT / "runs" / "pages"))
