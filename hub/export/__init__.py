"""What was measured, as files that other programs read: any amount, in constant memory."""
