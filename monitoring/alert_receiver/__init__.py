"""Where the demo's alerts arrive: Alertmanager's webhook, one log line an alert, and a count of each."""
