"""The settings of the instance: a form built from the integration's own declaration, and the test button."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from lab.xsoar.errors import BadSetting
from lab.xsoar.instance import CHECKBOX, CREDENTIALS, MULTI_SELECT, SECRET_KINDS, SINGLE_SELECT
from lab.xsoar.web.site import back, page, shown, site

pages = Blueprint("settings", __name__)
LONG_TEXT, INCIDENT_TYPE = 12, 13
WIDGETS = {
    CHECKBOX: "checkbox",
    SINGLE_SELECT: "select",
    INCIDENT_TYPE: "select",
    MULTI_SELECT: "several",
    LONG_TEXT: "long",
}


@dataclass(frozen=True)
class Setting:
    """One setting as a field of the form; a secret's value is never part of it."""

    name: str
    title: str
    help: str
    widget: str
    required: bool
    advanced: bool
    section: str
    value: Any
    choices: tuple[str, ...]
    is_set: bool


def declared(params: Mapping[str, Any]) -> Iterator[Setting]:
    """The visible settings with their values, in the order of the declaration."""
    integration = site().instance.integration
    raws = {str(raw["name"]): raw for raw in integration.raw.get("configuration") or ()}
    for param in integration.params:
        if param.hidden:
            continue
        raw, value = raws[param.name], params.get(param.name)
        secret = param.kind in SECRET_KINDS
        is_set = bool(value.get("password") if isinstance(value, Mapping) else value)
        choices = tuple(site().host.bundle.incident_types) if param.kind == INCIDENT_TYPE else param.options
        yield Setting(
            name=param.name,
            title=param.display or param.name,
            help=str(raw.get("additionalinfo") or ""),
            widget="secret" if secret else WIDGETS.get(param.kind, "text"),
            required=param.required,
            advanced=bool(raw.get("advanced")),
            section=str(raw.get("section") or "Settings"),
            value=None if secret else value,
            choices=choices,
            is_set=is_set,
        )


def form(params: Mapping[str, Any], error: str = "") -> str:
    """The form, by sections in the declared order."""
    fields = list(declared(params))
    order = [str(one) for one in site().instance.integration.raw.get("sectionorder") or ()]
    order += sorted({one.section for one in fields} - set(order))
    sections = [
        (name, [one for one in fields if one.section == name and not one.advanced], [
            one for one in fields if one.section == name and one.advanced
        ])
        for name in order
    ]  # fmt: skip
    return page("settings.html", f"Settings of {site().name}", sections=sections, error=error)


@pages.get("/settings")
def opened() -> str:
    """The form with the values of now."""
    return form(site().instance.params)


def given() -> dict[str, Any]:
    """What the form holds; a secret that was left empty stays as it is."""
    found: dict[str, Any] = {}
    for one in declared({}):
        if one.widget == "checkbox":
            found[one.name] = one.name in request.form
        elif one.widget == "several":
            found[one.name] = [value for value in request.form.getlist(one.name) if value]
        elif one.widget != "secret":
            found[one.name] = request.form.get(one.name, "")
        elif request.form.get(one.name):
            found[one.name] = secret_value(one.name, request.form[one.name])
    return found


def secret_value(name: str, text: str) -> Any:
    """A new secret in the shape of its setting."""
    kinds = {param.name: param.kind for param in site().instance.integration.params}
    return {"identifier": "", "password": text} if kinds[name] == CREDENTIALS else text


@pages.post("/settings")
def saved() -> Response:
    """Keeps the settings; with the test button, tests them too. What does not fit is said, and the form stays."""
    params = given()
    try:
        site().host.change_params(site().name, params)
    except BadSetting as error:
        return shown(form({**site().instance.params, **params}, str(error)), 400)
    if "test" not in request.form:
        return back("/settings", "Saved.")
    outcome = site().host.test(site().instance)
    return back("/settings", "Saved. The test was successful." if outcome.ok else outcome.message, not outcome.ok)
