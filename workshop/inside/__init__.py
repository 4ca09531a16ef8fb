"""What is inside an image: its layers, who made them, how big they are, and whether two images are the same."""
