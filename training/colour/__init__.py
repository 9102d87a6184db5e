"""Training of colour networks: the loop, its configuration, losses, data set and checkpoints.

Public: ``trainer.Trainer``, ``config.TrainConfig``, ``soup``.
"""
