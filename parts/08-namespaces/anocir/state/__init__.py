"""What is kept on disk about each container."""
