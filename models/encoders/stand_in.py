"""Stand-ins for the pretrained networks where those cannot be had: torchvision's small ResNets.

A ResNet-18 or -34, trained on anything, gives the 512 features of the extractor and the three maps of
the perceptual loss. Results obtained with one are to be called so.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from mangacolor.core.errors import SetupError

# Normalisation of torchvision's classifiers: mean and standard deviation of ImageNet's RGB in [0, 1].
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
RESNETS = ("resnet18", "resnet34")


def _resnet(layout: str) -> nn.Module:
    from torchvision import models

    network: nn.Module = getattr(models, layout)(weights=None)
    return network


def blank_resnet(layout: str) -> Mapping[str, Tensor]:
    """A state dict of a layout of ``RESNETS``, with random numbers."""
    return _resnet(layout).state_dict()


def resnet_layout(state: Mapping[str, Tensor]) -> str | None:
    """Which of ``RESNETS`` a state dict may belong to; None if it is no ResNet of torchvision's."""
    if "layer1.0.conv1.weight" not in state:
        return None
    return "resnet34" if "layer1.2.conv1.weight" in state else "resnet18"


def resnet_stages(state: Mapping[str, Tensor], layout: str, source: str) -> list[nn.Sequential]:
    """The five stages of a ResNet of ``layout``, with the weights of ``state``.

    Stages end after the first ReLU and after layers 1, 2, 3, 4 (64, 64, 128, 256, 512 channels).
    Raises ``SetupError`` for a ResNet of another kind; ``source`` names the file in it.
    """
    network = _resnet(layout)
    wanted = {key: value for key, value in state.items() if not key.startswith("fc.")}
    try:
        result = network.load_state_dict(wanted, strict=False)
        odd = [*result.unexpected_keys, *(key for key in result.missing_keys if not key.startswith("fc."))]
    except RuntimeError as error:
        odd = [str(error).splitlines()[-1].strip()]
    if odd:
        raise SetupError(
            f"{source} is neither a ResNet-18 nor a ResNet-34: {odd[0]}",
            "Give weights of torchvision's resnet18 or resnet34 as a stand-in.",
        )
    parts = dict(network.named_children())
    return [
        nn.Sequential(parts["conv1"], parts["bn1"], parts["relu"]),
        nn.Sequential(parts["maxpool"], parts["layer1"]),
        *(nn.Sequential(parts[f"layer{number}"]) for number in (2, 3, 4)),
    ]
