"""Private RabbitMQ and PostgreSQL as child processes, for the demo and the tests."""
