"""What every part agrees on: one model a topic and the exception tree. Imports nothing of the project."""
