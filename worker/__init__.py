"""The cart-checkout worker."""
