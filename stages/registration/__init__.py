"""Registration: two prints of one drawing found in each other and laid on each other, whatever their colours.

Public: ``register.register``, ``registration.Registration``, ``look.describe_page``, ``look.PageLook``,
``partners.rank_partners``, ``matching.match_pages``.
"""
