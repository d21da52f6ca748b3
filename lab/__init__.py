"""The lab: a remote API and a host, both on this machine, in which the pack is run and proved."""
