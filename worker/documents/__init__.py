"""The contract as documents, made from the models and tables that the worker itself uses."""
