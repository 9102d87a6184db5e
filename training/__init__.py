"""The workshop: training colour networks and the small ones, their data, and their evaluation.

Public: ``colour.trainer.Trainer``, ``evaluation.evaluate``, ``data.pack``.
"""
