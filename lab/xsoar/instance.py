"""An instance of an integration: its settings as the platform hands them to the code."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.xsoar.bundle import Integration, Param
from lab.xsoar.errors import BadSetting, SecretMissing, UnknownName

ENCRYPTED, CHECKBOX, CREDENTIALS, LONG_ENCRYPTED, SINGLE_SELECT, MULTI_SELECT = 4, 8, 9, 14, 15, 16
SECRET_KINDS = (ENCRYPTED, CREDENTIALS, LONG_ENCRYPTED)
CREDENTIAL_KEYS = {"identifier", "password", "credential", "credentials", "passwordChanged"}
SEALED = "(kept in memory only)"
# The fetch settings that every fetching instance has on the platform, whether the yml lists them or not.
PLATFORM_PARAMS = ("isFetch", "incidentType", "incidentFetchInterval", "isFetchSamples")


@dataclass(frozen=True)
class Instance:
    """A configured integration; `params` is what `demisto.params()` gives."""

    name: str
    integration: Integration
    params: Mapping[str, Any]

    @property
    def incident_type(self) -> str:
        """The incident type chosen on the instance, or ''."""
        return str(self.params.get("incidentType") or "")

    def secrets(self) -> tuple[str, ...]:
        """Every secret text of the settings; texts shorter than 4 characters cannot be searched for."""
        return tuple(sorted({text for text in _secret_texts(self.integration, self.params) if len(text) >= 4}))


def _secret_texts(integration: Integration, params: Mapping[str, Any]) -> Iterator[str]:
    for param in integration.params:
        value = params.get(param.name)
        if param.kind == CREDENTIALS and isinstance(value, Mapping):
            yield str(value.get("password") or "")
        elif param.kind in SECRET_KINDS and value:
            yield str(value)


def settle(integration: Integration, given: Mapping[str, Any]) -> dict[str, Any]:
    """Given settings plus the yml's defaults, each in the type the platform delivers; raises BadSetting/UnknownName."""
    known = {param.name: param for param in integration.params}
    for name in given:
        if name not in known and name not in PLATFORM_PARAMS:
            raise UnknownName("parameter", name, f"integration {integration.id}")
    params = {param.name: _value(param, given) for param in integration.params}
    params.update({name: given[name] for name in PLATFORM_PARAMS if name in given and name not in known})
    missing = [param.name for param in integration.params if param.required and _is_empty(param, params[param.name])]
    if missing:
        raise BadSetting(f"{integration.id}: required parameters are missing: {', '.join(missing)}")
    return params


def _value(param: Param, given: Mapping[str, Any]) -> Any:
    value = given.get(param.name, param.default)
    return FORM.get(param.kind, _text)(param, value)


def _is_empty(param: Param, value: Any) -> bool:
    if param.kind == CREDENTIALS:
        return not (value.get("password") or value.get("identifier"))
    return value in (None, "", [])


def _text(param: Param, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    raise BadSetting(f"{param.name}: a text is expected, not {value!r}")


def _checkbox(param: Param, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in (None, ""):
        return False
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise BadSetting(f"{param.name}: a checkbox is true or false, not {value!r}")


def _credentials(param: Param, value: Any) -> dict[str, Any]:
    given = value or {}
    if not isinstance(given, Mapping) or set(given) - CREDENTIAL_KEYS:
        raise BadSetting(f"{param.name}: credentials are {{identifier, password}}")
    return {
        "identifier": str(given.get("identifier", "")),
        "password": str(given.get("password", "")),
        "credential": "",
        "credentials": {"id": "", "password": "", "user": ""},
        "passwordChanged": False,
    }


def _choice(param: Param, value: Any) -> str:
    text = _text(param, value)
    if text and param.options and text not in param.options:
        raise BadSetting(f"{param.name}: {text!r} is none of {list(param.options)}")
    return text


def _choices(param: Param, value: Any) -> list[str]:
    """A list; free text is allowed besides the options, as in the platform's dialog."""
    if value in (None, ""):
        return []
    values = value.split(",") if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)):
        raise BadSetting(f"{param.name}: a list is expected, not {value!r}")
    return [str(each).strip() for each in values]


FORM = {CHECKBOX: _checkbox, CREDENTIALS: _credentials, SINGLE_SELECT: _choice, MULTI_SELECT: _choices}


def seal(integration: Integration, params: Mapping[str, Any]) -> str:
    """The settings as JSON without a secret, fit for the store."""
    hidden: dict[str, Any] = dict(params)
    for param in integration.params:
        value = hidden.get(param.name)
        if param.kind == CREDENTIALS and isinstance(value, Mapping):
            hidden[param.name] = {**value, "password": SEALED if value.get("password") else ""}
        elif param.kind in SECRET_KINDS and value:
            hidden[param.name] = SEALED
    return json.dumps(hidden)


def unseal(integration: Integration, sealed: str, secrets: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """The settings with their secrets put back; raises SecretMissing when one was not supplied."""
    params: dict[str, Any] = json.loads(sealed)
    for param in integration.params:
        value = params.get(param.name)
        is_sealed = value == SEALED or (isinstance(value, dict) and value.get("password") == SEALED)
        if not is_sealed:
            continue
        if not secrets or param.name not in secrets:
            raise SecretMissing(
                f"instance {name!r}: call supply_secret({name!r}, {{{param.name!r}: …}}) after a restart"
            )
        params[param.name] = _value(param, secrets)
    return params
