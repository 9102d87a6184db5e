"""What training judges a colour network by.

Public: ``discriminator.PatchDiscriminator``, ``perceptual.PerceptualLoss``, ``perceptual.AnimeLoss``.
"""
