"""Sparkplug B 3.0, the host's side: what edge nodes say, and what a host application owes them."""
