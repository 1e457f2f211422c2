"""What an instructor is offered in an exercise: what can be told to posts, ready scenarios, and who plays them."""
