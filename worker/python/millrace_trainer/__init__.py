"""The process that trains a model of a user."""
