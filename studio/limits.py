"""What a browser may ask of the studio at most."""

from __future__ import annotations

from typing import Final

# Bytes of a request's body: a chapter's panels have some kilobytes.
BODY_BYTES: Final = 2**20
# Bytes of a request's query; a page's name is at most 1,024 bytes, thrice as long when it is quoted.
QUERY_BYTES: Final = 8192
# Fields of a query.
FIELDS: Final = 64
# Pixels of a picture's long side.
LEAST_SIDE: Final = 64
MOST_SIDE: Final = 4096
# Pixels of a thumbnail's height.
THUMBNAIL: Final = 240
# Bytes of thumbnails and scaled pages in memory: some hundreds of the former, a dozen of the latter.
PICTURES_BYTES: Final = 96 * 2**20
# Pictures that are read and scaled at once: the others wait, and are not begun where nobody waits for them.
PICTURE_THREADS: Final = 4
# Chapters that lie open: each holds its surfaces, about a megabyte for a page.
OPEN_CHAPTERS: Final = 4
# Pages that are ready to be painted, of all chapters: each holds some tens of megabytes.
PAINTERS: Final = 3
# Browsers that listen to what happens, and events that may wait for one of them.
LISTENERS: Final = 16
WAITING_EVENTS: Final = 256
# Notices that a window is told which was out of sight: what has happened last.
KEPT_NOTICES: Final = 20
# Seconds without an event after which a listener is sent a sign of life.
HEARTBEAT: Final = 15.0
# Seconds a run gets to halt before a change is written; one stage of a page may take that long.
HALT: Final = 60.0
# Seconds after a change until the pages are coloured again, so that several clicks make one run.
BREATH: Final = 0.3
# Pixels of a page's side, and more than any has: what a request says of a size or a point is less.
MOST_PIXELS: Final = 2**20
# Points that a request may name, corners that a polygon may have, polygons of a page.
POINTS: Final = 500
POLYGONS: Final = 200
