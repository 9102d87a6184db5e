"""Runs a graph of stages over chapters: the plan, the engine, what is stored, and what is told.

Public: ``run.run``, ``plan.plan_run``, ``events``.
"""
