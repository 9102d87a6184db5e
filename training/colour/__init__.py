"""Training of colour networks: the loop, its configuration, losses, data set and checkpoints.

Public: ``run.train``, ``trainer.Trainer``, ``config.TrainConfig``, ``averaging.average_networks``.
"""
