"""What was learnt of one series: its file, and a base network with what the file adds to it. No torch.

Public: ``file.SeriesFile``, ``file.read_series_file``, ``file.write_series_file``, ``file.is_series_file``,
``weights.open_weights``, ``merging.merge_adapter``, ``base.find_base``.
"""
