"""Annotation on a Ray cluster, under one spending limit and rate."""
