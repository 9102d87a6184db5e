"""The workshop: training the colour network and the small ones, their data, and their evaluation.

Public: ``networks.TRAINABLE`` (what ``mangacolor train`` trains), ``colour.trainer.Trainer``,
``auxiliary.loop.Loop``, ``evaluation.evaluate``, ``data.pack``. ``settings`` checks what is set, ``runs``
keeps the time of any run, ``run_folder`` its curves and checkpoints.
"""
