"""Online forecasts of each film's TrendScore: features, experts, their mixture, intervals, and the service around."""
