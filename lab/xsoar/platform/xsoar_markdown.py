"""Texts and markdown tables as the platform's shared code makes them; nothing here talks to a server."""

import json
import re
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Iterator as _Iterator
from datetime import datetime
from typing import Any

STRING_TYPES = (str, bytes)
STRING_OBJ_TYPES = (str,)
MARKDOWN_CHARS = r"\`*_{}[]()#+-!|"


def string_to_table_header(string: Any) -> str:
    """one_two becomes One Two."""
    if not isinstance(string, str):
        raise Exception(f"The key is not a string: {string}")
    return " ".join(word.capitalize() for word in string.replace("_", " ").split())


def string_to_context_key(string: Any) -> str:
    """one_two becomes OneTwo."""
    if not isinstance(string, str):
        raise Exception(f"The key is not a string: {string}")
    return "".join(word.capitalize() for word in string.split("_"))


def underscoreToCamelCase(s: Any, upper_camel: bool = True) -> Any:
    """hello_world becomes HelloWorld, or helloWorld."""
    return camelize_string(s, "_", upper_camel) if isinstance(s, str) else s


def camelize_string(src_str: str, delim: str = "_", upper_camel: bool = True) -> str:
    """Words between delimiters joined in camel case."""
    head, *tail = src_str.split(delim)
    return (head.title() if upper_camel else head.lower()) + "".join(word.title() for word in tail)


def camelize(src: Any, delim: str = " ", upper_camel: bool = True) -> Any:
    """Keys of an object, or of a list of objects, in camel case."""
    if isinstance(src, list):
        return [camelize(each, delim, upper_camel) for each in src]
    return {camelize_string(key, delim, upper_camel): value for key, value in src.items()}


def camel_case_to_underscore(s: str) -> str:
    """helloWorld becomes hello_world."""
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", s)).lower()


def snakify(src: dict[str, Any]) -> dict[str, Any]:
    """Keys of an object in snake case."""
    return {camel_case_to_underscore(key): value for key, value in src.items()}


def pascalToSpace(s: Any) -> Any:
    """ThreatScore becomes Threat Score."""
    if not isinstance(s, str):
        return s
    return " ".join(re.sub("([A-Z]?[a-z]+)", lambda match: f" {match.group(1).title()} ", s).split())


def stringEscapeMD(st: str, minimal_escaping: bool = False, escape_multiline: bool = False) -> str:
    """Escape what breaks markdown: all its signs, or only those that break a table."""
    if escape_multiline:
        st = st.replace("\r\n", "<br>").replace("\r", "<br>").replace("\n", "<br>")
    signs = "|`" if minimal_escaping else MARKDOWN_CHARS
    return "".join(f"\\{char}" if char in signs else char for char in st)


def create_clickable_url(url: Any, text: Any = None) -> Any:
    """Markdown link(s) to one address or to a list of them."""
    if not url:
        return None
    if not isinstance(url, list):
        return f"[{text or url}]({url})"
    texts = text if isinstance(text, list) else url
    assert len(url) == len(texts), "The URL list and the text list must be the same length."
    return [f"[{label}]({address})" for label, address in zip(texts, url, strict=True)]


def url_to_clickable_markdown(data: Any, url_keys: _Iterable[str]) -> Any:
    """Data whose url_keys hold links."""
    if isinstance(data, list):
        return [url_to_clickable_markdown(each, url_keys) for each in data]
    if isinstance(data, dict):
        return {
            key: create_clickable_url(value) if key in url_keys else url_to_clickable_markdown(value, url_keys)
            for key, value in data.items()
        }
    return data


def flattenCell(data: Any, is_pretty: bool = True) -> Any:
    """One text of a cell: lists joined by commas and line ends, other values as JSON."""
    if isinstance(data, STRING_TYPES):
        return data
    if isinstance(data, list):
        return ",\n".join(each.decode() if isinstance(each, bytes) else str(each) for each in data)
    return json.dumps(data, indent=4 if is_pretty else None, ensure_ascii=False, default=str)


class JsonTransformer:
    """How a table cell shows nested data: flat, or as an indented outline."""

    def __init__(
        self,
        flatten: bool = False,
        keys: _Iterable[str] | None = None,
        is_nested: bool = False,
        func: _Callable[[Any], str] | None = None,
    ) -> None:
        self.keys = set(keys or ())
        self.is_nested = is_nested
        self.func = func
        self.flatten = flatten

    def json_to_str(self, json_input: Any, is_pretty: bool = True) -> Any:
        """The text of a cell."""
        if self.func:
            return self.func(json_input)
        if isinstance(json_input, STRING_TYPES):
            return json_input
        if not self.flatten:
            return "\n".join(self._outline(json_input, is_pretty))
        if not isinstance(json_input, dict):
            return flattenCell(json_input, is_pretty)
        return "\n".join(f"{key}: {flattenCell(value, is_pretty)}" for key, value in json_input.items())

    def _outline(self, json_input: Any, is_pretty: bool) -> _Iterator[str]:
        before: list[Any] = []
        for path, key, value in self.json_to_path_generator(json_input):
            tabs, head = "\t" * len(path), ""
            if path != before:
                shared = next(
                    (at for at, steps in enumerate(zip(before, path, strict=False)) if len(set(steps)) > 1),
                    min(len(before), len(path)),
                )
                head = "".join(self._step(depth, path[depth]) for depth in range(shared, len(path)))
                before = path
                if path and isinstance(path[-1], int):
                    tabs = "\t"
            yield f"{head}{tabs}***{key}***: {flattenCell(value, is_pretty)}"

    @staticmethod
    def _step(depth: int, step: Any) -> str:
        return "\t" * depth + ("**-**" if isinstance(step, int) else f"**{step}**:\n")

    def json_to_path_generator(
        self, json_input: Any, path: list[Any] | None = None
    ) -> _Iterator[tuple[list[Any], str, Any]]:
        """(path, key, value) of every leaf that is wanted."""
        path = path or []
        wanted = not self.keys or any(step in self.keys for step in path)
        if isinstance(json_input, dict):
            for key, value in json_input.items():
                if (wanted or key in self.keys) and not isinstance(value, (dict, list)):
                    yield path, key, value
                elif wanted or key in self.keys or self.is_nested:
                    yield from self.json_to_path_generator(value, [*path, key])
        elif isinstance(json_input, list):
            if not json_input or not isinstance(json_input[0], (list, dict)):
                yield path, "values", ", ".join(json_input)
            else:
                for number, each in enumerate(json_input):
                    yield from self.json_to_path_generator(each, [*path, number])


def formatCell(data: Any, is_pretty: bool = True, json_transform: JsonTransformer | None = None) -> Any:
    """The text of a table cell."""
    return (json_transform or JsonTransformer(flatten=True)).json_to_str(data, is_pretty)


def tableToMarkdown(
    name: str | None,
    t: Any,
    headers: Any = None,
    headerTransform: _Callable[[str], str] | None = None,
    removeNull: bool = False,
    metadata: str | None = None,
    url_keys: _Iterable[str] | None = None,
    date_fields: _Iterable[str] | None = None,
    json_transform_mapping: dict[str, JsonTransformer] | None = None,
    is_auto_json_transform: bool = False,
    sort_headers: bool = True,
) -> str:
    """A markdown table of one object or a list of them; bars, back-ticks and line ends in cells are escaped."""
    rows = url_to_clickable_markdown(t, url_keys) if url_keys else t
    head = (f"### {name}\n" if name else "") + (f"{metadata}\n" if metadata else "")
    if not rows:
        return head + "**No entries.**\n"
    rows, headers = _table_rows(rows, headers, sort_headers)
    if removeNull:
        headers = [each for each in headers if any(row.get(each) not in ("", None, [], {}) for row in rows)]
    if not headers:
        return head + "**No entries.**\n"
    shapes = json_transform_mapping or {}
    default = None if json_transform_mapping else JsonTransformer(flatten=not is_auto_json_transform)
    title = headerTransform or (lambda text: stringEscapeMD(text, True, True))
    lines = ["|" + "|".join(title(each) for each in headers) + "|", "|" + "|".join("---" for _ in headers) + "|"]
    for row in rows:
        shown = _with_dates(row, date_fields)
        cells = [_cell(shown.get(each), shapes.get(each, default)) for each in headers]
        lines.append("| " + " | ".join(cells) + " |")
    return head + "\n".join(lines) + "\n"


tblToMd = tableToMarkdown


def _table_rows(rows: Any, headers: Any, sort_headers: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows as objects and the list of headers."""
    if not headers and isinstance(rows, dict) and len(rows) == 1:
        headers, rows = list(rows), next(iter(rows.values()))
    rows = rows if isinstance(rows, list) else [rows]
    headers = [headers] if isinstance(headers, str) else headers
    if not isinstance(rows[0], dict):
        if not headers:
            raise Exception("Missing headers param for tableToMarkdown. Example: headers=['Some Header']")
        rows = [{headers[0]: each} for each in rows]
    if not headers:
        headers = sorted(rows[0]) if sort_headers else list(rows[0])
    return rows, list(headers)


def _with_dates(row: dict[str, Any], date_fields: _Iterable[str] | None) -> dict[str, Any]:
    """A row whose date_fields (epoch milliseconds) are readable, in the machine's time zone; others stay."""
    shown = row.copy()  # which only an object has with get(): a row that is none fails
    for name in date_fields or ():
        try:
            shown[name] = datetime.fromtimestamp(int(shown[name]) / 1000).strftime("%Y-%m-%d %H:%M:%S")
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            continue
    return shown


def _cell(value: Any, shape: JsonTransformer | None) -> str:
    return "" if value is None else stringEscapeMD(formatCell(value, False, shape), True, True)
