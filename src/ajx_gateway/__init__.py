"""WHAT is this? The data gateway of 安全生产责任保险 (work-safety liability insurance)."""

__version__ = "0.1.0"
