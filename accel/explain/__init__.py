"""What accel has done with a function, in words."""
