"""What training judges a colour network by.

Public: ``discriminator.PatchDiscriminator``, ``discriminator.ChromaDiscriminator``,
``perceptual.PerceptualLoss``, ``perceptual.AnimeLoss``.
"""
