"""What is looked at panel by panel: what is one thing in it, and what is blank there and no skin.

Public: ``agreement.Panels``, ``neutrals.Neutrals``.
"""
