"""Stand-in for the platform's CommonServerPython: same names, signatures and behaviour for what packs use most.

It is executed anew for each run, in front of the pack's code and in the same namespace; it is also an ordinary module
for unit tests. What never asks the server lies in the modules beside it (xsoar_*.py), which are loaded once.
What is not here does not exist: a pack that uses it fails with its name.
Where the original bites (return_error exits, a 204 is no JSON, an exclusive merge key), so does this.
"""

import base64
import json
import os
import sys
import time
import traceback
import urllib.parse
import xml.etree.ElementTree as ET
from collections import OrderedDict  # noqa: F401 (packs take it from the star import)
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Iterator as _Iterator
from datetime import datetime, timedelta, timezone
from functools import wraps
from inspect import currentframe
from threading import Lock  # noqa: F401 (packs take it from the star import)
from typing import Any, Dict, List, Optional, Set, Union, cast  # noqa: F401, UP035 (the star import leaks them)

import dateparser
import demistomock as demisto
import requests
import urllib3 as _urllib3
import xsoar_indicators as _xsoar_indicators
from requests.adapters import HTTPAdapter
from urllib3.util import Retry
from xsoar_enums import *  # noqa: F403
from xsoar_enums import EntryFormat, EntryType, ErrorTypes, entryTypes
from xsoar_indicators import EntityRelationship as EntityRelationship
from xsoar_markdown import *  # noqa: F403
from xsoar_markdown import STRING_TYPES, tableToMarkdown
from xsoar_widgets import *  # noqa: F403
from xsoar_widgets import BaseWidget

_urllib3.disable_warnings()

MASK = "<XX_REPLACED>"
MAX_ERROR_MESSAGE_LENGTH = 50000
IS_PY3 = True


def __line__() -> int:
    """Line number of the caller."""
    frame = currentframe()
    return frame.f_back.f_lineno if frame and frame.f_back else 0


def register_module_line(module_name: str, start_end: str, line: int, wrapper: int = 0) -> None:
    """The original corrects tracebacks with it; here it does nothing."""


# ---- platform facts ------------------------------------------------------------------------------------------------


def is_debug_mode() -> bool:
    """Whether the command runs with debug-mode=true."""
    return bool(getattr(demisto, "is_debug", False))


def get_integration_name() -> str:
    """Brand of the running integration, or ''."""
    return str(demisto.callingContext.get("context", {}).get("IntegrationBrand", ""))


def get_script_name() -> str:
    """Name of the running script, or ''."""
    return str(demisto.callingContext.get("context", {}).get("ScriptName", ""))


def get_integration_instance_name() -> str:
    """Name of the running instance, or ''."""
    return str(demisto.callingContext.get("context", {}).get("IntegrationInstance", ""))


def get_demisto_version() -> dict[str, Any]:
    """Version and build of the server."""
    return demisto.demistoVersion()


def get_demisto_version_as_str() -> str:
    """Version and build as one text."""
    version = get_demisto_version()
    return f"{version.get('version', 'Unknown')}-{version.get('buildNumber', 'Unknown')}"


def is_demisto_version_ge(version: str, build_number: str = "") -> bool:
    """Whether the server is at least of this version (and build)."""

    def parts(text: str) -> tuple[str, ...]:
        return tuple(part.zfill(8) for part in text.split("."))

    server = get_demisto_version()
    here, wanted = parts(str(server["version"])), parts(version)
    if here == wanted and build_number:
        return int(server["buildNumber"]) >= int(build_number)
    return here >= wanted


def is_xsiam() -> bool:
    """Whether the platform is XSIAM."""
    return demisto.demistoVersion().get("platform") == "x2"


def is_xsoar() -> bool:
    """Whether the platform is XSOAR."""
    return "xsoar" in str(demisto.demistoVersion().get("platform"))


def is_xsiam_or_xsoar_saas() -> bool:
    """Whether the platform is of the eighth generation."""
    return is_demisto_version_ge("8.0.0")


def is_xsoar_saas() -> bool:
    """Whether the platform is XSOAR 8."""
    return demisto.demistoVersion().get("platform") == "xsoar" and is_xsiam_or_xsoar_saas()


def is_xsoar_on_prem() -> bool:
    """Whether the platform is XSOAR 6."""
    return demisto.demistoVersion().get("platform") == "xsoar" and not is_xsiam_or_xsoar_saas()


def support_multithreading() -> None:
    """The original puts a lock around server calls; calls here need none."""


def get_x_content_info_headers() -> dict[str, str]:
    """Headers that name the content to Palo Alto's own services."""
    return {
        "X-Content-Version": "0.0.0",
        "X-Content-Name": get_integration_name() or get_integration_instance_name() or "Name not found",
        "X-Content-LicenseID": demisto.getLicenseID(),
        "X-Content-Branch": "master",
        "X-Content-Server-Version": get_demisto_version_as_str(),
    }


class SmartGetDict(dict[str, Any]):
    """A dict whose get() gives the default for a key that holds None."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default when there is none or it is None."""
        value = dict.get(self, key)
        return default if value is None else value


if not os.getenv("COMMON_SERVER_NO_AUTO_PARAMS_REMOVE_NULLS") and hasattr(demisto, "params") and demisto.params():
    demisto.callingContext["params"] = SmartGetDict(demisto.params())


# ---- logging and errors --------------------------------------------------------------------------------------------


class IntegrationLogger:
    """Collects log lines and masks the instance's secrets in them."""

    SENSITIVE = ("key", "private", "password", "secret", "token", "credentials", "service_account")

    def __init__(self, debug_logging: bool = False) -> None:
        self.messages: list[str] = []
        self.replace_strs: list[str] = []
        self.debug_logging = debug_logging
        if not os.getenv("COMMON_SERVER_NO_AUTO_REPLACE_STRS") and hasattr(demisto, "getParam") and demisto.params():
            self._collect(demisto.params())

    def _collect(self, params: dict[str, Any]) -> None:
        for name, value in params.items():
            if isinstance(value, dict):
                self._collect(value)
                if value.get("identifier") and value.get("password"):
                    self.add_replace_strs(b64_encode(f"{value['identifier']}:{value['password']}"))
            elif isinstance(value, str) and any(word in name.lower() for word in self.SENSITIVE):
                self.add_replace_strs(value, b64_encode(value))

    def add_replace_strs(self, *args: str) -> None:
        """Texts that are never to be shown."""
        for text in filter(None, args):
            self.replace_strs += [stringEscape(text), stringUnEscape(text), json.dumps(text)[1:-1]]
            self.replace_strs += [text.replace("\\", "\\\\"), urllib.parse.quote_plus(text)]

    def encode(self, message: Any) -> str:
        """The message as text, masked."""
        text = str(message)
        for secret in self.replace_strs:
            text = text.replace(secret, MASK)
        return text

    def __call__(self, message: Any) -> str:
        text = self.encode(message)
        self.messages.append(text)
        if self.debug_logging:
            demisto.debug(text)
        return text

    def print_log(self, verbose: bool = False) -> None:
        """Write what was collected to the server's log."""
        if self.messages and not self.debug_logging:
            demisto.info("Full Integration Log:\n" + "\n".join(self.messages))
        self.messages = []


def b64_encode(text: Any) -> str:
    """Base64 of a text or of bytes."""
    if not text:
        return ""
    return base64.b64encode(text if isinstance(text, bytes) else str(text).encode("utf-8", "ignore")).decode()


def stringEscape(st: str) -> str:
    """Line ends and tabs as two characters each."""
    return st.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def stringUnEscape(st: str) -> str:
    """The reverse of stringEscape."""
    return st.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")


LOG = IntegrationLogger(debug_logging=is_debug_mode())


def add_sensitive_log_strs(sensitive_str: str) -> None:
    """Mask a text in the log from now on."""
    LOG.add_replace_strs(sensitive_str)


class DemistoException(Exception):
    """The error packs raise; `res` is the response it came from."""

    def __init__(
        self, message: Any, exception: Any = None, res: Any = None, error_type: Any = None, *args: Any
    ) -> None:
        self.res = res
        self.message = message
        self.exception = exception
        self.error_type = error_type
        super().__init__(message, exception, error_type, *args)

    def __str__(self) -> str:
        return str(self.message)


_SERVER_HANDLED = ("fetch-incidents", "fetch-credentials", "long-running-execution", "fetch-indicators")


def return_error(message: Any, error: Any = "", outputs: Any = None) -> None:
    """An error entry and the end of the script; for commands that the server runs itself an Exception."""
    command = demisto.command() if hasattr(demisto, "command") else ""
    text = LOG(message)
    if error:
        LOG(str(error))
    raised = sys.exc_info()[0]
    if raised is not None:
        trace = traceback.format_exc()
        LOG(f"\n{trace}")
        text = f"{text}\n\n{trace}" if is_debug_mode() else text
    LOG.print_log()
    if command == "get-modified-remote-data":
        given = bool(error) and not isinstance(error, NotImplementedError)
        if given or raised is not NotImplementedError:
            text = "skip update. error: " + text
    if command in _SERVER_HANDLED:
        raise Exception(text)
    if len(text) > MAX_ERROR_MESSAGE_LENGTH:
        half = MAX_ERROR_MESSAGE_LENGTH // 2
        text = f"{text[:half]}...This error body was truncated...{text[-half:]}"
    demisto.results({"Type": 4, "ContentsFormat": "text", "Contents": text, "EntryContext": outputs})
    sys.exit(0)


def return_warning(
    message: Any, exit: bool = False, warning: Any = "", outputs: Any = None, ignore_auto_extract: bool = False
) -> None:
    """A warning entry, and the end of the script when asked for."""
    LOG(message)
    if warning:
        LOG(warning)
    LOG.print_log()
    demisto.results(
        {
            "Type": EntryType.WARNING,
            "ContentsFormat": "text",
            "IgnoreAutoExtract": ignore_auto_extract,
            "Contents": str(message),
            "EntryContext": outputs,
        }
    )
    if exit:
        sys.exit(0)


def is_error(execute_command_result: Any) -> bool:
    """Whether a command's result holds an error entry."""
    entries = execute_command_result if isinstance(execute_command_result, list) else [execute_command_result]
    return any(isinstance(entry, dict) and entry["Type"] == EntryType.ERROR for entry in entries)


isError = is_error


def get_error(execute_command_result: Any) -> Any:
    """Texts of the error entries; raises ValueError when there are none."""
    if not is_error(execute_command_result):
        raise ValueError("execute_command_result has no error entry. before using get_error use is_error")
    if isinstance(execute_command_result, dict):
        return execute_command_result["Contents"]
    return "\n".join(entry["Contents"] for entry in execute_command_result if is_error(entry))


def execute_command(
    command: str, args: dict[str, Any], extract_contents: bool = True, fail_on_error: bool = True
) -> Any:
    """Run another command from a script; with fail_on_error False a pair (success, result)."""
    if not hasattr(demisto, "executeCommand"):
        raise DemistoException("Cannot run demisto.executeCommand() from integrations.")
    result = demisto.executeCommand(command, args)
    if is_error(result):
        if fail_on_error:
            raise DemistoException(f"Failed to execute {command}. Error details:\n{get_error(result)}")
        return False, get_error(result)
    if extract_contents:
        found = [entry.get("Contents", {}) for entry in result if entry["Type"] != entryTypes["debug"]]
        result = found[0] if len(found) == 1 else found
    return result if fail_on_error else (True, result)


# ---- arguments -----------------------------------------------------------------------------------------------------


def argToList(arg: Any, separator: str = ",", transform: _Callable[[Any], Any] | None = None) -> list[Any]:
    """A list from a list, a JSON list, a separated text or a single value."""
    if not arg:
        return []
    values: list[Any] = [arg]
    if isinstance(arg, list):
        values = arg
    elif isinstance(arg, str):
        parsed = _json_list(arg)
        values = [part.strip() for part in arg.split(separator)] if parsed is None else parsed
    return [transform(value) for value in values] if transform else values


def _json_list(text: str) -> list[Any] | None:
    if text[0] == "[" and text[-1] == "]":
        try:
            return cast(list[Any], json.loads(text))
        except ValueError:
            demisto.debug(f"Failed to load {text} as JSON, trying to split")
    return None


def argToBoolean(value: Any) -> bool:
    """True or False from a boolean or yes/no/true/false; raises ValueError otherwise."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError("Argument is neither a string nor a boolean")
    words = {"true": True, "yes": True, "false": False, "no": False}
    if value.lower() not in words:
        raise ValueError("Argument does not contain a valid boolean-like value")
    return words[value.lower()]


def arg_to_number(arg: Any, arg_name: str | None = None, required: bool = False) -> int | None:
    """An int from an argument; None when it is not given; raises ValueError when it is missing or no number."""
    if arg is None or arg == "":
        if required:
            raise ValueError(f'Missing "{arg_name}"' if arg_name else "Missing required argument")
        return None
    if isinstance(arg, int):
        return arg
    if isinstance(arg, str) and arg.isdigit():
        return int(arg)  # of a digit that is no number, such as a raised one, the interpreter speaks
    if isinstance(arg, str):
        try:
            return int(float(arg))
        except (ValueError, OverflowError):
            pass
    raise ValueError(f'Invalid number: "{arg_name}"="{arg}"' if arg_name else f'"{arg}" is not a valid number')


def arg_to_datetime(
    arg: Any,
    arg_name: str | None = None,
    is_utc: bool = True,
    required: bool = False,
    settings: dict[str, Any] | None = None,
) -> datetime | None:
    """A datetime from ISO 8601, an epoch (seconds, or milliseconds when large) or an expression such as "3 days"."""
    if arg is None:
        if required:
            raise ValueError(f'Missing "{arg_name}"' if arg_name else "Missing required argument")
        return None
    if (isinstance(arg, str) and arg.isdigit()) or isinstance(arg, (int, float)):
        seconds = float(arg)
        seconds = seconds / 1000.0 if seconds > 2000000000.0 else seconds
        return datetime.fromtimestamp(seconds, timezone.utc) if is_utc else datetime.fromtimestamp(seconds)
    if isinstance(arg, str):
        moment = dateparser.parse(arg, settings=settings or {"TIMEZONE": "UTC"})
        if moment is not None:
            return moment
    raise ValueError(f'Invalid date: "{arg_name}"="{arg}"' if arg_name else f'"{arg}" is not a valid date')


def remove_duplicates_from_list_arg(args: dict[str, Any], field: str) -> list[Any]:
    """The argument's values, each once, in no order."""
    return list(set(argToList(args.get(field))))


def assign_params(keys_to_ignore: Any = None, values_to_ignore: Any = None, **kwargs: Any) -> dict[str, Any]:
    """The keyword arguments that are not empty."""
    empty = (None, "", [], {}, ()) if values_to_ignore is None else values_to_ignore
    return {key: value for key, value in kwargs.items() if value not in empty and key not in (keys_to_ignore or ())}


def remove_empty_elements(d: Any) -> Any:
    """Nested data without None, empty lists and empty objects; empty texts stay."""
    if isinstance(d, list):
        return [value for value in map(remove_empty_elements, d) if value is not None and value not in ({}, [])]
    if isinstance(d, dict):
        cleaned = {key: remove_empty_elements(value) for key, value in d.items()}
        return {key: value for key, value in cleaned.items() if value is not None and value not in ({}, [])}
    return d


def remove_nulls_from_dictionary(data: dict[str, Any]) -> None:
    """Delete empty values in place."""
    for key in [key for key, value in data.items() if value in ("", None, [], {}, ())]:
        del data[key]


def dict_safe_get(
    dict_object: Any,
    keys: _Iterable[Any],
    default_return_value: Any = None,
    return_type: Any = None,
    raise_return_type: bool = True,
) -> Any:
    """The value under a chain of keys and indexes, or the default; with return_type its type is checked."""
    value = dict_object
    for key in keys:
        try:
            value = value[key]
        except (KeyError, TypeError, IndexError, AttributeError):
            value = default_return_value
            break
    if return_type and not isinstance(value, return_type):
        if raise_return_type:
            raise TypeError(f"Safe get Error:\nDetails: Return Type Error Excepted return type {return_type}")
        return default_return_value
    return value


def batch(iterable: Any, batch_size: int = 1) -> _Iterator[Any]:
    """Slices of at most batch_size."""
    for start in range(0, len(iterable), batch_size):
        yield iterable[start : start + batch_size]


def urljoin(url: str, suffix: str = "") -> str:
    """Address and suffix with exactly one slash between them."""
    return (url if url.endswith("/") else url + "/") + suffix.removeprefix("/")


# ---- times ---------------------------------------------------------------------------------------------------------


def timestamp_to_datestring(timestamp: Any, date_format: str = "%Y-%m-%dT%H:%M:%S.000Z", is_utc: bool = False) -> str:
    """Epoch milliseconds as text; in _UTC when asked for or when the format ends with Z."""
    zone = timezone.utc if is_utc or date_format.endswith("Z") else None
    return datetime.fromtimestamp(int(timestamp) / 1000.0, zone).strftime(date_format)


def date_to_timestamp(date_str_or_dt: Any, date_format: str = "%Y-%m-%dT%H:%M:%S") -> int:
    """Epoch milliseconds of a text or datetime, read in the machine's time zone."""
    if isinstance(date_str_or_dt, str):
        return int(time.mktime(time.strptime(date_str_or_dt, date_format)) * 1000)
    return int(time.mktime(date_str_or_dt.timetuple()) * 1000)


_RANGE_UNITS = {"minute": 1, "hour": 60, "day": 1440, "month": 43200, "year": 525600}


def parse_date_range(
    date_range: str,
    date_format: str | None = None,
    to_timestamp: bool = False,
    timezone: float = 0,
    utc: bool = True,
) -> Any:
    """(start, end) of a range such as "2 hours", ending now, shifted by `timezone` hours."""
    number, _, unit = date_range.strip().partition(" ")
    minutes = _RANGE_UNITS.get(unit.lower().removesuffix("s"))
    if not number.isdigit() or minutes is None:
        return_error(
            'date_range must be "number date_range_unit", examples: (2 hours, 4 minutes,6 months, 1 day, etc.)'
        )
    now = datetime.fromtimestamp(time.time(), _UTC if utc else None).replace(tzinfo=None)
    end = now + timedelta(hours=timezone)
    start = end - timedelta(minutes=int(number) * cast(int, minutes))
    if to_timestamp:
        return date_to_timestamp(start), date_to_timestamp(end)
    return (start.strftime(date_format), end.strftime(date_format)) if date_format else (start, end)


_UTC = timezone.utc
_FORMAT_ISO = "%Y-%m-%dT%H:%M:%S"


def FormatIso8601(t: datetime) -> str:
    """A datetime without its zone."""
    return t.strftime(_FORMAT_ISO)


def get_current_time(time_zone: int = 0) -> datetime:
    """Now, shifted by hours, labelled _UTC."""
    return datetime.fromtimestamp(time.time(), _UTC) + timedelta(hours=time_zone)


def get_fetch_run_time_range(
    last_run: dict[str, Any],
    first_fetch: str,
    look_back: int = 0,
    timezone: int = 0,
    date_format: str = _FORMAT_ISO,
) -> tuple[str, str]:
    """(start, end) of a fetch: the saved time or first_fetch, moved back by look_back minutes when it is younger."""
    aware = {"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True}
    saved = last_run.get("time") if last_run else None
    now = get_current_time(timezone)
    start = dateparser.parse(saved or first_fetch, settings=aware)
    if start and not saved:
        start += timedelta(hours=timezone)
    if look_back > 0 and now - start < timedelta(minutes=look_back):  # type: ignore[operator]
        start = now - timedelta(minutes=look_back)
    return start.strftime(date_format), now.strftime(date_format)  # type: ignore[union-attr]


def filter_incidents_by_duplicates_and_limit(
    incidents_res: list[dict[str, Any]], last_run: dict[str, Any], fetch_limit: int, id_field: str
) -> list[dict[str, Any]]:
    """Items that the last runs have not found, at most fetch_limit."""
    found = last_run.get("found_incident_ids", {})
    return [item for item in incidents_res if item[id_field] not in found][:fetch_limit]


def get_latest_incident_created_time(
    incidents: list[dict[str, Any]],
    created_time_field: str,
    date_format: str = _FORMAT_ISO,
    increase_last_run_time: bool = False,
) -> str:
    """The greatest creation time, a millisecond later when asked for."""
    latest = max(datetime.strptime(item[created_time_field], date_format) for item in incidents)
    return (latest + timedelta(milliseconds=1 if increase_last_run_time else 0)).strftime(date_format)


def update_last_run_object(
    last_run: dict[str, Any],
    incidents: list[dict[str, Any]],
    fetch_limit: int,
    start_fetch_time: str,
    end_fetch_time: str,
    look_back: int,
    created_time_field: str,
    id_field: str,
    date_format: str = _FORMAT_ISO,
    increase_last_run_time: bool = False,
    new_offset: int | None = None,
) -> dict[str, Any]:
    """The saved state after a fetch, flaws of the original included: an empty cycle moves the time to now."""
    known = last_run.get("found_incident_ids", {})
    prune, update = True, {"time": end_fetch_time, "limit": fetch_limit}
    if new_offset:
        update = {"time": cast(Any, last_run.get("time"))}
    elif incidents:
        newest = get_latest_incident_created_time(incidents, created_time_field, date_format, increase_last_run_time)
        limit = len(known) + len(incidents) + fetch_limit if look_back and look_back > 0 else fetch_limit
        update = {"time": newest, "limit": limit}
        prune = newest != start_fetch_time
    if new_offset is not None:
        update |= {"offset": new_offset, "limit": fetch_limit}
    now = int(time.time())
    known |= {item[id_field]: now for item in incidents}
    if prune:
        known = {key: found for key, found in known.items() if now - found <= (look_back or 0) * 120}
    last_run.update(update, found_incident_ids=known)
    return last_run


# ---- HTTP ----------------------------------------------------------------------------------------------------------

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_PROXY_SCHEMES = ("http://", "https://", "socks5://", "socks5h://", "socks4://", "socks4a://")
CIPHERS_STRING = (
    "@SECLEVEL=1:ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDH+AESGCM:DH+AESGCM:"
    "ECDH+AES:DH+AES:RSA+ANESGCM:RSA+AES:!aNULL:!eNULL:!MD5:!DSS"
)


def skip_proxy() -> None:
    """Take the proxy variables out of the environment."""
    for name in _PROXY_VARIABLES:
        os.environ.pop(name, None)


def ensure_proxy_has_http_prefix() -> None:
    """Give proxy variables without a scheme http://."""
    for name in _PROXY_VARIABLES:
        if os.environ.get(name):
            os.environ[name] = add_http_prefix_if_missing(os.environ[name])


def add_http_prefix_if_missing(address: str = "") -> str:
    """The address with a scheme; '' stays."""
    return address if not address or address.startswith(_PROXY_SCHEMES) else "http://" + address


def skip_cert_verification() -> None:
    """Take the certificate bundles out of the environment, which would override verify=False."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)


def handle_proxy(
    proxy_param_name: str = "proxy",
    checkbox_default_value: bool = False,
    handle_insecure: bool = True,
    insecure_param_name: str | None = None,
) -> dict[str, str]:
    """Set up the environment from the instance's proxy and insecure parameters; the proxies, {} when unused."""
    params, proxies = demisto.params(), {}
    if params.get(proxy_param_name, checkbox_default_value):
        ensure_proxy_has_http_prefix()
        proxies = {
            "http": os.environ.get("HTTP_PROXY") or os.environ.get("http_proxy", ""),
            "https": os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy", ""),
        }
    else:
        skip_proxy()
    names = (insecure_param_name,) if insecure_param_name else ("insecure", "unsecure")
    if handle_insecure and any(params.get(name, False) for name in names):
        skip_cert_verification()
    return proxies


class SSLAdapter(HTTPAdapter):
    """The adapter for verify=False: old ciphers and no host name check."""

    def __init__(self, verify: bool = True, **kwargs: Any) -> None:
        from urllib3.util.ssl_ import create_urllib3_context

        self.context = create_urllib3_context(ciphers=CIPHERS_STRING)
        if not verify:
            self.context.check_hostname = False
            self.context.options |= 0x4
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        """Pools with the relaxed context."""
        return super().init_poolmanager(*args, ssl_context=self.context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Proxies with the relaxed context."""
        return super().proxy_manager_for(*args, ssl_context=self.context, **kwargs)


class BaseClient:
    """The HTTP client that packs derive from."""

    REQUESTS_TIMEOUT = 60

    def __init__(
        self,
        base_url: str,
        verify: bool = True,
        proxy: bool = False,
        ok_codes: Any = (),
        headers: Any = None,
        auth: Any = None,
        timeout: float = REQUESTS_TIMEOUT,
    ) -> None:
        self._base_url = base_url
        self._verify = verify
        self._ok_codes = ok_codes
        self._headers = headers
        self._auth = auth
        self._session = requests.Session()
        if not verify:
            self._session.mount("https://", SSLAdapter(verify=verify))
            skip_cert_verification()
        if proxy:
            ensure_proxy_has_http_prefix()
        else:
            skip_proxy()
        own = os.getenv(f"REQUESTS_TIMEOUT.{get_integration_name() or get_script_name()}", "")
        self.timeout = float(own or os.getenv("REQUESTS_TIMEOUT", "") or timeout)
        self.execution_metrics = ExecutionMetrics()

    def __del__(self) -> None:
        self._return_execution_metrics_results()
        session = getattr(self, "_session", None)
        if session is not None:
            session.close()

    def _implement_retry(
        self,
        retries: int = 0,
        status_list_to_retry: Any = None,
        backoff_factor: float = 5,
        raise_on_redirect: bool = False,
        raise_on_status: bool = False,
    ) -> None:
        """Mount a retrying adapter on https:// only, for every method, and leave it there."""
        retry = Retry(
            total=retries,
            read=retries,
            connect=retries,
            status=retries,
            backoff_factor=backoff_factor,
            status_forcelist=status_list_to_retry,
            allowed_methods=frozenset(("GET", "POST", "PUT", "PATCH", "DELETE")),
            raise_on_status=raise_on_status,
            raise_on_redirect=raise_on_redirect,
        )
        adapter = HTTPAdapter(max_retries=retry) if self._verify else SSLAdapter(verify=False, max_retries=retry)
        self._session.mount("https://", adapter)

    def _http_request(
        self,
        method: str,
        url_suffix: str = "",
        full_url: str | None = None,
        headers: Any = None,
        auth: Any = None,
        json_data: Any = None,
        params: Any = None,
        data: Any = None,
        files: Any = None,
        timeout: Any = None,
        resp_type: str = "json",
        ok_codes: Any = None,
        return_empty_response: bool = False,
        retries: int = 0,
        status_list_to_retry: Any = None,
        backoff_factor: float = 5,
        raise_on_redirect: bool = False,
        raise_on_status: bool = False,
        error_handler: Any = None,
        empty_valid_codes: Any = None,
        params_parser: Any = None,
        with_metrics: bool = False,
        **kwargs: Any,
    ) -> Any:
        """One request; a bad status or no connection raises DemistoException, a read timeout the library's error."""
        try:
            if retries:
                self._implement_retry(retries, status_list_to_retry, backoff_factor, raise_on_redirect, raise_on_status)
            response = self._session.request(
                method,
                full_url or urljoin(self._base_url, url_suffix),
                verify=self._verify,
                params=urllib.parse.urlencode(params, quote_via=params_parser) if params_parser else params,
                data=data,
                json=json_data,
                files=files,
                headers=headers or self._headers,
                auth=auth or self._auth,
                timeout=timeout or self.timeout,
                **kwargs,
            )
            if not self._is_status_code_valid(response, ok_codes):
                self._handle_error(error_handler, response, with_metrics)
            return self._handle_success(response, resp_type, empty_valid_codes, return_empty_response, with_metrics)
        except (requests.exceptions.ConnectionError, requests.exceptions.RetryError) as error:
            raise self._connection_failure(error, retries, with_metrics) from error

    def _connection_failure(self, error: Any, retries: int, with_metrics: bool) -> Exception:
        """What the user reads instead of the library's error."""
        kind = next(each for each in _CONNECTION_FAILURES if isinstance(error, each[0]))
        _, metric, text = kind
        if with_metrics:
            setattr(self.execution_metrics, metric, getattr(self.execution_metrics, metric) + 1)
        if metric == "ssl_error" and not self._verify:
            return cast(Exception, error)
        if metric == "connection_error":
            text += f"\nError Type: <{type(error).__module__}.{type(error).__qualname__}>"
            text += (
                f"\nError Number: [{error.errno}]\nMessage: {error.strerror}\n"
                if error.errno and error.strerror
                else f"\n{error}"
            )
        if metric == "retry_error":
            text = text.format(retries) + self._retry_reason(error)
        return DemistoException(text, error)

    @staticmethod
    def _retry_reason(error: Any) -> str:
        try:
            return f"Reason: {error.args[0].reason.args[0]}"
        except (AttributeError, IndexError):
            return ""

    def _handle_error(self, error_handler: Any, res: Any, should_update_metrics: bool) -> None:
        try:
            (error_handler or self.client_error_handler)(res)
        except Exception:
            if should_update_metrics:
                self._update_metrics(res, success=False)
            raise

    def _handle_success(
        self, res: Any, resp_type: str, empty_valid_codes: Any, return_empty_response: bool, should_update_metrics: bool
    ) -> Any:
        if should_update_metrics:
            self._update_metrics(res, success=True)
        if return_empty_response and res.status_code in (empty_valid_codes or [204]):
            return res
        return self.cast_response(res, resp_type)

    def cast_response(self, res: Any, resp_type: str, raise_on_error: bool = True) -> Any:
        """The response in the wanted form; JSON or XML that cannot be read raises DemistoException."""
        kind = resp_type.lower()
        try:
            if kind == "json":
                return res.json()
            if kind == "xml":
                ET.fromstring(res.text)  # noqa: S314 (read for its errors only, as the original does)
            return {"text": lambda: res.text, "content": lambda: res.content}.get(kind, lambda: res)()
        except ValueError as error:
            if raise_on_error:
                raise DemistoException(
                    f"Failed to parse {kind} object from response: {res.content}", error, res
                ) from error
            return None

    def _update_metrics(self, res: Any, success: bool) -> None:
        if success:
            if not self.is_polling_in_progress(res):
                self.execution_metrics.success += 1
            return
        metric = _METRIC_OF_ERROR.get(self.determine_error_type(res))
        if metric:
            setattr(self.execution_metrics, metric, getattr(self.execution_metrics, metric) + 1)

    def determine_error_type(self, response: Any) -> str:
        """The kind of error a status stands for."""
        known = {401: ErrorTypes.AUTH_ERROR, 429: ErrorTypes.QUOTA_ERROR, 500: ErrorTypes.SERVICE_ERROR}
        return known.get(response.status_code, ErrorTypes.GENERAL_ERROR)

    def is_polling_in_progress(self, response: Any) -> bool:
        """Whether a response only says that the result is not there yet."""
        return False

    def _is_status_code_valid(self, response: Any, ok_codes: Any = None) -> bool:
        codes = ok_codes or self._ok_codes
        return bool(response.status_code in codes if codes else response.ok)

    def client_error_handler(self, res: Any) -> None:
        """Raise DemistoException with the whole body of the answer."""
        try:
            body = json.dumps(res.json())
        except ValueError:
            body = res.text
        raise DemistoException(f"Error in API call [{res.status_code}] - {res.reason}\n{body}", res=res)

    def _return_execution_metrics_results(self) -> None:
        metrics = getattr(getattr(self, "execution_metrics", None), "metrics", None)
        if metrics:
            return_results(metrics)


# class of the library's error, metric, text; the order matters, since they are subclasses of one another
_CONNECTION_FAILURES: tuple[tuple[Any, str, str], ...] = (
    (
        requests.exceptions.ConnectTimeout,
        "timeout_error",
        "Connection Timeout Error - potential reasons might be that the Server URL parameter"
        " is incorrect or that the Server is not accessible from your host.",
    ),
    (
        requests.exceptions.SSLError,
        "ssl_error",
        "SSL Certificate Verification Failed - try selecting 'Trust any certificate' checkbox in"
        " the integration configuration.",
    ),
    (
        requests.exceptions.ProxyError,
        "proxy_error",
        "Proxy Error - if the 'Use system proxy' checkbox in the integration configuration is"
        " selected, try clearing the checkbox.",
    ),
    (
        requests.exceptions.ConnectionError,
        "connection_error",
        "Verify that the server URL parameter is correct and that you have access to the server from your host.",
    ),
    (
        requests.exceptions.RetryError,
        "retry_error",
        "Max Retries Error- Request attempts with {} retries failed. \n",
    ),
)
_METRIC_OF_ERROR = {
    ErrorTypes.QUOTA_ERROR: "quota_error",
    ErrorTypes.AUTH_ERROR: "auth_error",
    ErrorTypes.SERVICE_ERROR: "service_error",
    ErrorTypes.GENERAL_ERROR: "general_error",
}
_METRIC_TYPES = {
    "success": ErrorTypes.SUCCESS,
    "quota_error": ErrorTypes.QUOTA_ERROR,
    "general_error": ErrorTypes.GENERAL_ERROR,
    "auth_error": ErrorTypes.AUTH_ERROR,
    "service_error": ErrorTypes.SERVICE_ERROR,
    "connection_error": ErrorTypes.CONNECTION_ERROR,
    "proxy_error": ErrorTypes.PROXY_ERROR,
    "ssl_error": ErrorTypes.SSL_ERROR,
    "timeout_error": ErrorTypes.TIMEOUT_ERROR,
    "retry_error": ErrorTypes.RETRY_ERROR,
}


class ExecutionMetrics:
    """Counts of API calls by outcome; `metrics` is the result to return, None while nothing was counted."""

    success: int
    quota_error: int
    general_error: int
    auth_error: int
    service_error: int
    connection_error: int
    proxy_error: int
    ssl_error: int
    timeout_error: int
    retry_error: int

    def __init__(
        self,
        success: int = 0,
        quota_error: int = 0,
        general_error: int = 0,
        auth_error: int = 0,
        service_error: int = 0,
        connection_error: int = 0,
        proxy_error: int = 0,
        ssl_error: int = 0,
        timeout_error: int = 0,
        retry_error: int = 0,
    ) -> None:
        given = dict(locals())
        self._metrics: list[dict[str, Any]] = []
        self.metrics: CommandResults | None = None
        for name in _METRIC_TYPES:
            setattr(self, name, given[name])

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in _METRIC_TYPES:
            self.update_metrics(_METRIC_TYPES[name], value)

    @staticmethod
    def is_supported() -> bool:
        """Whether the server shows metrics."""
        return is_demisto_version_ge("6.8.0")

    def get_metric_list(self) -> list[dict[str, Any]]:
        """The counts as the server takes them."""
        return self._metrics

    def update_metrics(self, metric_type: str, metric_value: int) -> None:
        """Set one count; zero changes nothing."""
        if metric_value <= 0:
            return
        known = next((each for each in self._metrics if each["Type"] == metric_type), None)
        if known is None:
            self._metrics.append({"Type": metric_type, "APICallsCount": metric_value})
        else:
            known["APICallsCount"] = metric_value
        self.metrics = CommandResults(execution_metrics=self._metrics)


def append_metrics(execution_metrics: ExecutionMetrics, results: list[Any]) -> list[Any]:
    """The results with the metrics at their end, when there are some and the server knows them."""
    if execution_metrics.metrics is not None and execution_metrics.is_supported():
        results.append(execution_metrics.metrics)
    return results


# ---- results -------------------------------------------------------------------------------------------------------


class CommandResults:
    """What a command gives back: outputs for the context, text for people, raw data."""

    def __init__(
        self,
        outputs_prefix: str | None = None,
        outputs_key_field: Any = None,
        outputs: Any = None,
        indicators: Any = None,
        readable_output: str | None = None,
        raw_response: Any = None,
        indicators_timeline: Any = None,
        indicator: Any = None,
        ignore_auto_extract: bool = False,
        mark_as_note: bool = False,
        tags: list[str] | None = None,
        scheduled_command: "ScheduledCommand | None" = None,
        relationships: Any = None,
        entry_type: int | None = None,
        content_format: str | None = None,
        execution_metrics: Any = None,
        replace_existing: bool = False,
    ) -> None:
        if outputs is not None and not isinstance(outputs, dict) and not outputs_prefix:
            raise ValueError("outputs_prefix is missing")
        if outputs is not None and outputs_prefix == ".":
            raise ValueError("outputs_prefix cannot be a period.")
        if indicators and indicator:
            raise ValueError("indicators is DEPRECATED, use only indicator")
        if outputs_key_field and not isinstance(outputs_key_field, (str, list)):
            raise TypeError("outputs_key_field must be of type str or list")
        if content_format is not None and not EntryFormat.is_valid_type(content_format):
            raise TypeError(f"content_format {content_format} is invalid, see CommonServerPython.EntryFormat")
        self.outputs_prefix = outputs_prefix
        self.outputs_key_field = outputs_key_field
        keys = [outputs_key_field] if isinstance(outputs_key_field, str) else outputs_key_field
        self._outputs_key_field: list[str] | None = keys or None
        self.outputs = outputs
        self.indicators = indicators
        self.indicator = indicator
        self.readable_output = readable_output
        self.raw_response = outputs if raw_response is None else raw_response
        self.indicators_timeline = indicators_timeline
        self.ignore_auto_extract = ignore_auto_extract
        self.mark_as_note = mark_as_note
        self.tags = tags
        self.scheduled_command = scheduled_command
        self.relationships = relationships
        self.entry_type = EntryType.NOTE if entry_type is None else entry_type
        self.content_format = content_format
        self.execution_metrics = execution_metrics
        self.replace_existing = replace_existing

    def to_context(self) -> dict[str, Any]:
        """The war room entry."""
        contents, shape = self.raw_response, self.content_format
        if shape is None:
            shape = EntryFormat.TEXT if isinstance(contents, (str, bytes, int)) else EntryFormat.JSON
        if self.execution_metrics:
            self.entry_type = EntryType.EXECUTION_METRICS
            contents, shape = "Metrics reported successfully.", EntryFormat.TEXT
        relationships = [each.to_entry() for each in self.relationships or () if each.to_entry()]
        timeline = self.indicators_timeline
        entry = {
            "Type": self.entry_type,
            "ContentsFormat": shape,
            "Contents": contents,
            "HumanReadable": self._readable(),
            "EntryContext": self._context(),
            "IndicatorTimeline": timeline.indicators_timeline if timeline else [],
            "IgnoreAutoExtract": bool(self.ignore_auto_extract),
            "Note": bool(self.mark_as_note),
            "Relationships": relationships,
        }
        if self.tags:
            entry["Tags"] = self.tags
        if self.scheduled_command:
            entry.update(self.scheduled_command.to_results())
        if self.execution_metrics:
            entry["APIExecutionMetrics"] = self.execution_metrics
        return entry

    def _has_outputs(self) -> bool:
        return self.outputs is not None and self.outputs != []

    def _readable(self) -> Any:
        if self.readable_output or not self._has_outputs():
            return self.readable_output or None
        return tableToMarkdown("Results", self.outputs) if isinstance(self.outputs, (dict, list)) else self.outputs

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = {}
        for indicator in [self.indicator] if self.indicator else self.indicators or ():
            for key, value in indicator.to_context().items():
                context.setdefault(key, []).append(value)
        if not self._has_outputs():
            return context
        if not self.outputs_prefix:
            context.update(self.outputs)
        elif self.replace_existing:
            path, _, key = self.outputs_prefix.rpartition(".")
            if not path:
                raise DemistoException("outputs_prefix must be a nested path to replace an existing key.")
            context[f"{path}(true)"] = {key: self.outputs}
        elif self._outputs_key_field:
            terms = " && ".join(f"val.{key} && val.{key} == obj.{key}" for key in self._outputs_key_field)
            context[f"{self.outputs_prefix}({terms})"] = self.outputs
        else:
            context[self.outputs_prefix] = self.outputs
        return context


def is_integration_command_execution() -> bool:
    """Whether an integration runs, rather than a script."""
    context = demisto.callingContext.get("context") or {}
    try:
        return bool(context["ExecutedCommands"][0]["moduleBrand"] != "Scripts")
    except (KeyError, IndexError, TypeError):
        return bool(context.get("ScriptName", "") == "")


def return_results(results: Any) -> None:
    """Give results of any known kind to the war room."""
    if isinstance(results, list) and results:
        for each in results:
            if not isinstance(each, (dict, str)):
                return_results(each)
        plain = [each for each in results if isinstance(each, (dict, str)) and not _is_out_of_place(each)]
        if plain:
            demisto.results(plain)
        return
    for kind, method in _RESULT_KINDS:
        if isinstance(results, kind):
            entry = getattr(results, method)()
            break
    else:
        entry = results.to_entry() if hasattr(results, "to_entry") else results
    if not _is_out_of_place(entry):
        demisto.results(entry)


def _is_out_of_place(entry: Any) -> bool:
    """Whether an entry holds metrics, which only an integration may give."""
    found = isinstance(entry, dict) and entry.get("Type") == EntryType.EXECUTION_METRICS
    if not found or is_integration_command_execution():
        return False
    demisto.debug("returning results with Type=EntryType.EXECUTION_METRICS isn't fully supported for scripts.")
    return True


def return_outputs(
    readable_output: Any,
    outputs: Any = None,
    raw_response: Any = None,
    timeline: Any = None,
    ignore_auto_extract: bool = False,
) -> None:
    """The old way to give results."""
    contents = raw_response
    if readable_output and not outputs and not raw_response:
        contents = readable_output
    elif outputs and raw_response is None:
        contents = outputs
    demisto.results(
        {
            "Type": EntryType.NOTE,
            "HumanReadable": readable_output,
            "ContentsFormat": "text" if isinstance(contents, STRING_TYPES) else "json",
            "Contents": contents,
            "EntryContext": outputs,
            "IgnoreAutoExtract": ignore_auto_extract,
            "IndicatorTimeline": [timeline] if isinstance(timeline, dict) else timeline,
        }
    )


def fileResult(filename: str, data: Any, file_type: int | None = None) -> dict[str, Any]:
    """Write a file into the working directory and give the entry that carries it."""
    file_id = demisto.uniqueFile()
    with open(f"{demisto.investigation()['id']}_{file_id}", "wb") as file:  # noqa: PTH123 (the host watches open)
        file.write(data.encode("utf-8") if isinstance(data, str) else data)
    return {
        "Contents": "",
        "ContentsFormat": "text",
        "Type": EntryType.FILE if file_type is None else file_type,
        "File": filename.replace("../", "") if isinstance(filename, str) else filename,
        "FileID": file_id,
    }


class ScheduledCommand:
    """Asks the server to run a command later."""

    def __init__(
        self,
        command: str,
        next_run_in_seconds: int,
        args: dict[str, Any] | None = None,
        timeout_in_seconds: int | None = None,
        items_remaining: int = 0,
    ) -> None:
        self.raise_error_if_not_supported()
        if next_run_in_seconds < 10:
            demisto.info(f"next_run_in_seconds {next_run_in_seconds} is too low - minimum interval is 10 seconds")
            next_run_in_seconds = 10
        self._command = command
        self._next_run = str(next_run_in_seconds)
        self._args = args
        self._timeout = str(timeout_in_seconds) if timeout_in_seconds else None
        self._items_remaining = items_remaining

    @staticmethod
    def raise_error_if_not_supported() -> None:
        """Every server since 6.2 schedules commands."""

    @staticmethod
    def supports_polling() -> bool:
        """Whether the server schedules commands."""
        return True

    def to_results(self) -> dict[str, Any]:
        """The entry's polling keys."""
        return assign_params(
            PollingCommand=self._command,
            NextRun=self._next_run,
            PollingArgs=self._args,
            Timeout=self._timeout,
            PollingItemsRemaining=self._items_remaining,
        )


class PollResult:
    """What a polling function gives back."""

    def __init__(
        self,
        response: Any,
        continue_to_poll: Any = False,
        args_for_next_run: dict[str, Any] | None = None,
        partial_result: CommandResults | None = None,
    ) -> None:
        self.response = response
        self.continue_to_poll = continue_to_poll
        self.args_for_next_run = args_for_next_run
        self.partial_result = partial_result


def polling_function(
    name: str,
    interval: int = 30,
    timeout: int = 600,
    poll_message: str = "Fetching Results:",
    polling_arg_name: str = "polling",
    requires_polling_arg: bool = True,
) -> _Callable[[_Callable[..., PollResult]], _Callable[..., Any]]:
    """Make a function that returns a PollResult run again until it is done; marks the next run's arguments."""

    def decorate(func: _Callable[..., PollResult]) -> _Callable[..., Any]:
        @wraps(func)
        def inner(args: dict[str, Any], *arguments: Any, **kwargs: Any) -> Any:
            result = func(args, *arguments, **kwargs)
            if requires_polling_arg and not argToBoolean(args.get(polling_arg_name, False)):
                return result.response
            again = result.continue_to_poll
            if not (again if isinstance(again, bool) else again()):
                return result.response
            shown = None if args.get("hide_polling_output") else poll_message
            next_args = result.args_for_next_run or args
            next_args["hide_polling_output"] = True
            answer = result.partial_result or CommandResults(readable_output=shown)
            answer.scheduled_command = ScheduledCommand(name, interval, next_args, timeout)
            return answer

        return inner

    return decorate


# ---- integration context -------------------------------------------------------------------------------------------


def is_versioned_context_available() -> bool:
    """Whether the server versions the integration context."""
    return is_demisto_version_ge("6.0.0")


def get_integration_context(sync: bool = True, with_version: bool = False) -> Any:
    """The integration context, with its version when asked for."""
    if not is_versioned_context_available():
        return demisto.getIntegrationContext()
    found = demisto.getIntegrationContextVersioned(sync)
    return found if with_version else found.get("context", {})


def set_integration_context(context: dict[str, Any], sync: bool = True, version: int = -1) -> Any:
    """Replace the integration context; ValueError when somebody else was faster."""
    if is_versioned_context_available():
        return demisto.setIntegrationContextVersioned(context, version, sync)
    return demisto.setIntegrationContext(context)


def get_integration_context_with_version(sync: bool = True) -> tuple[Any, int]:
    """The integration context and its version, -1 where there are none."""
    found = get_integration_context(sync, with_version=True)
    if not is_versioned_context_available():
        return found, -1
    return found.get("context", {}), found.get("version", 0) if sync else -1


def set_to_integration_context_with_retries(
    context: dict[str, Any], object_keys: dict[str, str] | None = None, sync: bool = True, max_retry_times: int = 3
) -> None:
    """Set keys of the integration context (each kept as JSON text), again when somebody else was faster."""
    for _ in range(max_retry_times):
        current, version = get_integration_context_with_version(sync)
        for key, value in context.items():
            merged = value
            if key in (object_keys or {}):
                merged = merge_lists(json.loads(current.get(key, "[]")), value, cast(Any, object_keys)[key])
            current[key] = json.dumps(merged)
        try:
            set_integration_context(current, sync, version)
            return
        except ValueError as error:
            demisto.debug(f"Failed updating integration context with version {version}: {error}")
    raise Exception("Failed updating integration context. Max retry attempts exceeded.")


def merge_lists(original_list: list[Any], updated_list: list[Any], key: str) -> list[Any]:
    """Elements by key, the updated ones over the original ones; those marked `remove` go."""
    merged = {each[key]: each for each in (*original_list, *updated_list)}
    return [each for each in merged.values() if each.get("remove", False) is False]


def get_last_mirror_run() -> dict[str, Any]:
    """State of the last mirroring cycle, {} at first."""
    if not is_demisto_version_ge("6.6.0"):
        raise DemistoException("You cannot use getLastMirrorRun as your version is below 6.6.0")
    return demisto.getLastMirrorRun() or {}


def set_last_mirror_run(last_mirror_run: dict[str, Any]) -> None:
    """Keep the state of a mirroring cycle."""
    if not is_demisto_version_ge("6.6.0"):
        raise DemistoException("You cannot use setLastMirrorRun as your version is below 6.6.0")
    demisto.setLastMirrorRun(last_mirror_run)


# ---- mirroring -----------------------------------------------------------------------------------------------------


class GetRemoteDataArgs:
    """Arguments of get-remote-data."""

    def __init__(self, args: dict[str, Any]) -> None:
        self.remote_incident_id = args["id"]
        self.last_update = args["lastUpdate"]


class GetModifiedRemoteDataArgs:
    """Arguments of get-modified-remote-data."""

    def __init__(self, args: dict[str, Any]) -> None:
        self.last_update = args["lastUpdate"]


class UpdateRemoteSystemArgs:
    """Arguments of update-remote-system."""

    def __init__(self, args: dict[str, Any]) -> None:
        self.data = args.get("data")
        self.entries = args.get("entries")
        self.incident_changed = args.get("incidentChanged")
        self.remote_incident_id = args.get("remoteId")
        self.inc_status = args.get("status")
        self.delta = args.get("delta")


class GetRemoteDataResponse:
    """The remote object and entries for the war room; a falsy object yields nothing at all."""

    def __init__(self, mirrored_object: Any, entries: list[Any]) -> None:
        self.mirrored_object = mirrored_object
        self.entries = entries

    def extract_for_local(self) -> list[Any] | None:
        """What the server takes."""
        return [self.mirrored_object, *self.entries] if self.mirrored_object else None


class GetModifiedRemoteDataResponse:
    """Ids of changed remote objects, or whole entries."""

    def __init__(self, modified_incident_ids: list[Any]) -> None:
        self.modified_incident_ids = modified_incident_ids

    def to_entry(self) -> dict[str, Any]:
        """What the server takes."""
        demisto.info(f"Modified incidents: {self.modified_incident_ids}")
        return {"Contents": self.modified_incident_ids, "Type": EntryType.NOTE, "ContentsFormat": EntryFormat.JSON}


class SchemeTypeMapping:
    """Fields of one remote type."""

    def __init__(self, type_name: str = "", fields: dict[str, str] | None = None) -> None:
        self.type_name = type_name
        self.fields = fields or {}

    def add_field(self, name: str, description: str = "") -> None:
        """Add a field."""
        self.fields[name] = description

    def extract_mapping(self) -> dict[str, Any]:
        """What the server takes."""
        return {self.type_name: self.fields}


class GetMappingFieldsResponse:
    """Fields of all remote types."""

    def __init__(self, scheme_types_mapping: list[SchemeTypeMapping] | None = None) -> None:
        self.scheme_types_mappings = scheme_types_mapping or []

    def add_scheme_type(self, scheme_type_mapping: SchemeTypeMapping) -> None:
        """Add a type."""
        self.scheme_types_mappings.append(scheme_type_mapping)

    def extract_mapping(self) -> dict[str, Any]:
        """What the server takes."""
        merged: dict[str, Any] = {}
        for each in self.scheme_types_mappings:
            merged.update(each.extract_mapping())
        return merged


class Common(_xsoar_indicators.Common):
    """Indicators in the standard context; a score without a vendor is the running integration's."""

    class DBotScore(_xsoar_indicators.Common.DBotScore):
        """A verdict on an indicator: 0 unknown, 1 good, 2 suspicious, 3 bad."""

        def __init__(
            self, indicator: str, indicator_type: str, integration_name: str = "", *args: Any, **more: Any
        ) -> None:
            super().__init__(indicator, indicator_type, integration_name or get_integration_name(), *args, **more)


_RESULT_KINDS: tuple[tuple[type, str], ...] = (
    (CommandResults, "to_context"),
    (BaseWidget, "to_display"),
    (GetMappingFieldsResponse, "extract_mapping"),
    (GetRemoteDataResponse, "extract_for_local"),
    (GetModifiedRemoteDataResponse, "to_entry"),
)
