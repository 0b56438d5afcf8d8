"""The server: accounts, uploads, streaming and the web player, as slices over a library."""
