# Whether a host, as it stands in an address, is this machine.
host: builtins.match "localhost|127(\\.[0-9]+){3}|\\[::1]|::1" host != null
