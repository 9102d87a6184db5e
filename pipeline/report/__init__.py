"""What is told of a run: progress, JSON lines, the HTML report and the palette's page.

Public: ``progress.ProgressDisplay``, ``json_lines.JsonLines``, ``run_report.write_report``, ``palette_page``.
"""
