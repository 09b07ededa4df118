"""Messages to citizens by e-mail and SMS."""
