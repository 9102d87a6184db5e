"""Pages that came under another name: what is kept of them follows.

Public: ``finding.find_renamed_pages``, ``following.follow_renamed_pages``,
``following.with_moved_corrections``, ``following.finish_renaming``.
"""
