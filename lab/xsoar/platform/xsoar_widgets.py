"""Results of widget scripts."""

import json
from typing import Any


class BaseWidget:
    """Base of the results of widget scripts."""

    def to_display(self) -> Any:
        """What the server draws."""
        raise NotImplementedError


class TextWidget(BaseWidget):
    """A text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def to_display(self) -> Any:
        """The text."""
        return self.text


class NumberWidget(BaseWidget):
    """A number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def to_display(self) -> Any:
        """The number."""
        return self.number


class TrendWidget(BaseWidget):
    """A number beside its predecessor."""

    def __init__(self, current_number: int, previous_number: int) -> None:
        self.current_number = current_number
        self.previous_number = previous_number

    def to_display(self) -> Any:
        """Both numbers, as JSON text."""
        return json.dumps({"currSum": self.current_number, "prevSum": self.previous_number})


class BarColumnPieWidget(BaseWidget):
    """Named numbers."""

    def __init__(self, categories: list[Any] | None = None) -> None:
        self.categories = categories or []

    def add_category(self, name: str, number: int) -> None:
        """Add a named number."""
        self.categories.append({"name": name, "data": [number]})

    def to_display(self) -> Any:
        """All of them, as JSON text."""
        return json.dumps(self.categories)


class LineWidget(BaseWidget):
    """Named numbers in groups."""

    def __init__(self, categories: list[Any] | None = None) -> None:
        self.categories = categories or []

    def add_category(self, name: str, number: int, group: str) -> None:
        """Add a number of a group."""
        groups = [{"name": group, "data": [number]}]
        self.categories.append({"name": name, "data": [number], "groups": groups})

    def to_display(self) -> Any:
        """Numbers of one name added up, as JSON text."""
        summed: dict[str, Any] = {}
        for each in self.categories:
            if each["name"] not in summed:
                summed[each["name"]] = each
            else:
                known = summed[each["name"]]
                known["data"] = [known["data"][0] + each["data"][0]]
                known["groups"].extend(each["groups"])
        return json.dumps(list(summed.values()))


class TableOrListWidget(BaseWidget):
    """Rows."""

    def __init__(self, data: Any = None) -> None:
        self.data = data if isinstance(data, list) else [data] if data else []

    def add_row(self, data: Any) -> None:
        """Add a row."""
        self.data.append(data)

    def to_display(self) -> Any:
        """All rows, as JSON text."""
        return json.dumps({"total": len(self.data), "data": self.data})
