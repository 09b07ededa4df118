"""Citizens' accounts: who applies, how surely we know him, and for whom he acts."""
