"""What is told of a run: progress, JSON lines, the HTML report and the palette's page.

Public: ``progress.ProgressDisplay``, ``json_lines.json_lines``, ``run_report.write_report``,
``palette_page.write_sheet``.
"""
