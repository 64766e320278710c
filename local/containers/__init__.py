"""The platform as containers: docker-compose.yml brought up, waited for, looked at and taken down."""
