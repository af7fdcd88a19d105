"""The machine: code images, symbols, the processor, signals."""
