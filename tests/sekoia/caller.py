"""A caller of the API: `requests` with a base URL and a key, nothing else."""

from types import TracebackType
from typing import Any

import requests


class Caller:
    """Calls one server with one key (None sends no header)."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no authority of the machine the tests run on
        if key is not None:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        more.setdefault("timeout", 5)
        more.setdefault("allow_redirects", False)
        return self.session.request(method, self.url + path, **more)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def json(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self, path: str = "/v1/sic/alerts", **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json(path, **query)["items"]
        return found

    def titles(self, **query: Any) -> list[str]:
        return [item["title"] for item in self.items(**query)]

    def __enter__(self) -> "Caller":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
