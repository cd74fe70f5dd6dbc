"""What volunteers see: the board, one shift, and their own claim."""
