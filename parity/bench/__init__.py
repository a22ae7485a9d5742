"""Benchmarks: each prints its goal beside every figure and fails when one is missed."""
