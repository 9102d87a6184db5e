"""HTTP as every server here speaks it: who may ask, bodies, refusals, and uvicorn on a socket of ours.

Public: ``access.Access``, ``bodies.read_json``, ``refusal.Refusal``, ``serving.make_server``.
"""
