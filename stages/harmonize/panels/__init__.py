"""What is looked at panel by panel: what is one thing in it, what is blank there and no skin, and what is the
sheen of something black.

Public: ``agreement.Panels``, ``neutrals.Neutrals``.
"""
