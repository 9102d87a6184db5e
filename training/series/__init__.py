"""What one series' own coloured pages teach: a small adapter of the colour network, learnt in minutes.

Public: ``learn.learn_series``.
"""
