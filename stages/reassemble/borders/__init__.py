"""How colours end on the page: at the ink, or softly where nothing is drawn, at other segments and at paper.

Public: ``fading.fade_beside_paper``, ``fading.find_drawn``, ``meeting.find_kinds``,
``meeting.find_neighbours``, ``meeting.mix_meeting``, ``open_borders.find_open_borders``,
``open_borders.smooth_across_open_borders``, ``seams.join_windows``.
"""
