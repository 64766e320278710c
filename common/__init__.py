"""What more than one service needs: the clock, Kafka clients, metrics and the service's frame. Small on purpose."""
