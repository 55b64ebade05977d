"""The domain: what a checkout means. Pure: no I/O, no clock, no logging."""
