"""Sekoia's REST API as a real HTTP server on a real socket: state first, HTTP on top of it."""
