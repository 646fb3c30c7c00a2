"""Pictures of the demo shop's products, drawn with Pillow: no photograph, no font, no file."""
