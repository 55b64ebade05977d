"""The wire language of the cart-checkout worker: messages, names and codes. Needs pydantic alone."""
