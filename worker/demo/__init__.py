"""The demonstration: private services, a worker, telling carts, many carts, and a count of the outcome."""
