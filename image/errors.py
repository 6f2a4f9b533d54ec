"""What stops the making of an image: one line for the person who asked for it."""


class ImageError(Exception):
    """Its text is the whole message: what, where, what was expected."""
