"""Programs that must be refused, in groups; beside each file the messages that they give."""
