"""Blending of gold and silver: schedules, regimens and batch plans."""

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.blending.plan import make_plan
from vermeil.blending.schedules import SCHEDULES

__all__ = ["SCHEDULES", "BlendingConfig", "BudgetConfig", "make_plan"]
