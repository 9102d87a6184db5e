"""Pretrained encoders whose features the colour networks and the losses rest on.

Public: ``efficientnet``, ``extractor.create_extractor`` (the danbooru ResNet-50), ``stand_in``.
"""
