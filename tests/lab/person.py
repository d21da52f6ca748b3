"""Somebody with a browser in front of the console, without the browser."""

import re
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient


class Person:
    """Somebody with a browser in front of the console."""

    def __init__(self, app: Flask) -> None:
        self.app, self.site = app, app.extensions["site"]
        self.client: FlaskClient = app.test_client()
        self.client.get(f"/?door={self.site.door}")

    def see(self, address: str) -> str:
        """A page as text."""
        return self.client.get(address).text

    def send(self, address: str, **given: Any) -> str:
        """A form, and the page that it leads to."""
        return self.client.post(address, data={"_token": self.site.token, **given}, follow_redirects=True).text

    def settings(self) -> dict[str, Any]:
        """What the settings form holds when it is sent as it is."""
        page = self.see("/settings")
        found: dict[str, Any] = {}
        for name, value in re.findall(r'<input name="(\w+)" value="([^"]*)"', page):
            found[name] = unescape(value)
        for name, value in re.findall(r'type="checkbox" name="(\w+)" value="([^"]*)" checked', page):
            found.setdefault(name, []).append(unescape(value))
        for name in re.findall(r'type="checkbox" name="(\w+)" checked', page):
            found[name] = "on"
        for name, value in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', page, re.S):
            found[name] = unescape(value)
        for name, body in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
            chosen = re.search(r"<option selected>([^<]*)", body)
            found[name] = unescape(chosen[1]) if chosen else ""
        return found
