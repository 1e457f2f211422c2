"""Decoded pictures onto the canvas: where tiles lie, what each place says, and the tick that draws."""
