"""Simulated cameras as ONVIF devices: their services over SOAP, and how they are found."""
