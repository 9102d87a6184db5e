"""What a client may ask for at most. Whoever sends more is refused."""

from __future__ import annotations

from typing import Final

# Bytes of a page or of the JSON that holds it; scans are below 10 MB, and base64 adds a third.
PAGE_BYTES: Final = 32 * 2**20
# Bytes of an uploaded chapter; volumes are below 500 MB.
CHAPTER_BYTES: Final = 2**30
# Bytes of a refused body that are still read, so that the client gets to read the answer.
DRAINED_BYTES: Final = 64 * 2**20
# Bytes of all bodies in memory at once.
BODIES_BYTES: Final = 512 * 2**20
# Seconds that the head of a request may take, from the opening of the connection or the answer before it.
HEAD_SECONDS: Final = 30.0
# Seconds that a page's body may take to arrive; 32 MiB in a minute is a slow line.
BODY_SECONDS: Final = 60.0
# Seconds without a byte after which the upload of a chapter has failed.
STALL_SECONDS: Final = 60.0
# Pixels of a page, and of what it is enlarged to: a double page at 600 dpi has 34 million.
PIXELS: Final = 40_000_000
# Parts of a form: the picture and some settings.
FORM_FILES: Final = 2
FORM_FIELDS: Final = 16
# Bytes of a setting in a form.
FIELD_BYTES: Final = 64 * 2**10
# Characters of a title; the longest light novels' have 150.
TITLE_CHARACTERS: Final = 200
# Seconds until an answer has to be there; OkHttp, which Suwayomi uses, gives up after 30.
SOON: Final = 25.0
# Seconds for clients that wait as long as it takes.
PATIENT: Final = 300.0
# Bytes of answers kept on the disk; about 1,500 pages.
ANSWERS_BYTES: Final = 2 * 2**30
# Series that are remembered.
SERIES: Final = 500
# Series whose memory is kept open: as many as people read at once; each takes about a megabyte.
OPEN_SERIES: Final = 8
# Pictures of --reference that it is kept of what was seen in them; each takes about 0.05 MB.
REFERENCES: Final = 2000
# Chapter jobs that are kept, finished ones included.
JOBS: Final = 16
# Bytes that have to stay free on the disk.
FREE_BYTES: Final = 2**30
