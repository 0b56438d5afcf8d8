"""Files on their way to a server, as the command line and the player send them: which, how far, what became of each."""
