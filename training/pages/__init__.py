"""Made-up pages with known panels and balloons, for the page networks to learn from.

Public: ``panels``, ``newspapers``, ``web_strips``, ``balloons``, ``balloon_truth``, ``ink_patches``.
"""
