"""RabbitMQ: the only place that knows AMQP 0-9-1 and its driver."""
