"""Encoders and decoders of graphics hardware: used where present, believed by their pictures, left at any error."""
