"""What the Makefile and tox run to build and check the project; standard library only."""
