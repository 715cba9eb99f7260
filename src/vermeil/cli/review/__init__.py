"""``vermeil review``: export, import, and the page in the browser."""
