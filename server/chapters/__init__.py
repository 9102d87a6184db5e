"""Whole chapters, coloured while nobody waits: jobs on the disk, one at work at a time.

Public: ``jobs.ChapterJobs``, ``job.Job``.
"""
