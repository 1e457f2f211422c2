"""Devices of a post that speak other dialects: the same births and samples, in the words of other makers."""
