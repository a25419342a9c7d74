"""Declarative infrastructure-as-code for the iOS/iPadOS enrollment of a Microsoft Intune tenant."""

__version__ = "0.1.0"
