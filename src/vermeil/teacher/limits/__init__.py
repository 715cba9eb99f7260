"""Limits: spending, prices, rates and admission of requests."""
