"""Stand-in for the module that unit tests know as `demisto`: same names and signatures, answers of an idle platform.

Tests patch what they need. The little that is remembered sits in `STATE`.
"""

import json
import logging
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass
class State:
    """What the mock remembers within one process."""

    context: dict[str, Any] = field(default_factory=dict)


STATE = State()
is_debug = False
callingContext: dict[str, Any] = {}
EXAMPLE_INCIDENT: dict[str, Any] = {
    "id": "1",
    "name": "1",
    "type": "Unclassified",
    "severity": 0,
    "status": 1,
    "owner": "analyst",
    "occurred": "2019-02-20T15:47:23.962163+02:00",
    "created": "2019-02-20T15:47:23.962164+02:00",
    "labels": [],
    "rawJSON": "",
    "CustomFields": {},
}


def initialize() -> None:
    """Nothing to set up."""


def params() -> dict[str, Any]:
    """Parameters of the instance."""
    return {}


def args() -> dict[str, Any]:
    """Arguments of the command."""
    return {}


def command() -> str:
    """Name of the command."""
    return ""


def getParam(param: str) -> Any:
    """One parameter, None when it is not set."""
    return params().get(param)


def getArg(arg: str) -> Any:
    """One argument, None when it is not given."""
    return args().get(arg)


def log(msg: Any) -> None:
    """A line of the war room's log."""
    logging.getLogger().info(msg)


def debug(msg: Any, *args: Any) -> None:
    """A debug line of the server log."""
    logging.getLogger().info(msg, *args)


def info(msg: Any, *args: Any) -> None:
    """An info line of the server log."""
    logging.getLogger().info(msg, *args)


def error(msg: Any, *args: Any) -> None:
    """An error line of the server log; written to stdout, so that a test which did not expect it can notice."""
    sys.stdout.write(" ".join(str(part) for part in (msg, *args)) + "\n")


def get(obj: Any, field: str, defaultParam: Any = None) -> Any:
    """The value under a dotted path of nested objects."""
    for part in field.split("."):
        if not obj or part not in obj:
            return defaultParam
        obj = obj[part]
    return obj


def gets(obj: Any, field: str) -> str:
    """As get(), as text."""
    return str(get(obj, field))


def dt(obj: Any = None, trnsfrm: str | None = None) -> Any:
    """A DT expression; the mock evaluates none."""
    return ""


def context() -> dict[str, Any]:
    """Context data of the incident."""
    return {}


def setContext(contextPath: str, value: Any) -> dict[str, Any]:
    """Write into the context data (scripts)."""
    return {"status": True}


def results(results: Any) -> None:
    """Entries for the war room; what is no JSON raises, as on a wire."""
    log(f"demisto results: {json.dumps(results, indent=4, sort_keys=True)}")


def incidents(incidents: Any = None) -> Any:
    """The current incidents, or with an argument the incidents of a fetch."""
    if incidents is None:
        return [EXAMPLE_INCIDENT]
    return results({"Type": 1, "Contents": json.dumps(incidents), "ContentsFormat": "json"})


def incident() -> dict[str, Any]:
    """The current incident."""
    current: dict[str, Any] = incidents()[0]
    return current


def credentials(credentials: Any) -> None:
    """Credentials of a credentials fetch."""
    log(f"credentials: {len(credentials)}")


def getLastRun() -> dict[str, Any]:
    """State of the last fetch."""
    return {"lastRun": "2018-10-24T14:13:20+00:00"}


def setLastRun(obj: Any) -> None:
    """Keep the state of a fetch; the mock forgets it."""


def getLastMirrorRun() -> dict[str, Any]:
    """State of the last mirroring cycle."""
    return {}


def setLastMirrorRun(obj: Any) -> None:
    """Keep the state of a mirroring cycle; the mock forgets it."""


def getAssetsLastRun() -> dict[str, Any]:
    """State of the last assets fetch."""
    return {"lastRun": "2018-10-24T14:13:20+00:00"}


def setAssetsLastRun(obj: Any) -> None:
    """Keep the state of an assets fetch; the mock forgets it."""


def getIntegrationContext() -> dict[str, Any]:
    """The integration context."""
    return STATE.context


def setIntegrationContext(context: dict[str, Any]) -> None:
    """Keep the integration context."""
    STATE.context = context


def getIntegrationContextVersioned(refresh: bool = False) -> dict[str, Any]:
    """The integration context; the mock knows no versions."""
    return STATE.context


def setIntegrationContextVersioned(context: dict[str, Any], version: int = -1, sync: bool = False) -> None:
    """Keep the integration context."""
    STATE.context = context


def integrationInstance() -> str:
    """Name of the instance."""
    return ""


def investigation() -> dict[str, str]:
    """The investigation the command runs in."""
    return {"id": "1"}


def uniqueFile() -> str:
    """A fresh file name."""
    return str(uuid.uuid4())


def getFilePath(id: str) -> dict[str, str]:
    """Where the file of an entry lies."""
    return {"id": id, "path": "test/test.txt", "name": "test.txt"}


def executeCommand(command: str, args: dict[str, Any]) -> Any:
    """Run another command (scripts)."""
    return ""


def getAllSupportedCommands() -> dict[str, Any]:
    """All commands (scripts)."""
    return {}


def getModules() -> dict[str, Any]:
    """All instances (scripts)."""
    return {}


def demistoUrls() -> dict[str, str]:
    """Addresses of the server's pages."""
    return {
        "server": "https://test-address:8443",
        "warRoom": "https://test-address:8443/#/WarRoom/1",
        "workPlan": "https://test-address:8443/#/WorkPlan/1",
        "investigation": "https://test-address:8443/#/Details/1",
        "evidenceBoard": "https://test-address:8443/#/EvidenceBoard/1",
        "relatedIncidents": "https://test-address:8443/#/Cluster/1",
    }


def demistoVersion() -> dict[str, str]:
    """Version of the server."""
    return {"version": "5.5.0", "buildNumber": "12345"}


def getLicenseID() -> str:
    """The licence's id."""
    return ""


def updateModuleHealth(data: Any, is_error: bool = False) -> None:
    """Text of the fetch history."""


def parentEntry() -> dict[str, Any]:
    """The entry the command runs from."""
    return {}


def createIncidents(incidents: Any, lastRun: Any = None, userID: Any = None) -> Any:
    """Incidents of a long-running integration."""
    return []


def createIndicators(indicators_batch: Any, noUpdate: bool = False) -> None:
    """Indicators of a feed."""


def searchIndicators(
    fromDate: str = "",
    query: str = "",
    size: int = 100,
    page: int = 0,
    toDate: str = "",
    value: str = "",
    searchAfter: Any = None,
    populateFields: Any = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """Indicators that match a query."""
    return {}


def searchRelationships(args: Any) -> dict[str, Any]:
    """Relationships that match a filter."""
    return {"data": []}


def addEntry(id: str, entry: str, username: Any = None, email: Any = None, footer: Any = None) -> None:
    """An entry of a mirrored chat."""


def mirrorInvestigation(id: str, mirrorType: str, autoClose: bool = False) -> None:
    """Mark an investigation as mirrored in a chat."""


def directMessage(message: str, username: Any = None, email: Any = None, anyoneCanOpenIncidents: Any = None) -> str:
    """A command from a chat."""
    return ""


def findUser(username: str | None = None, email: str | None = None) -> dict[str, Any]:
    """A user of the server."""
    return {}


def mapObject(obj: Any, mapper: Any, mapper_type: Any) -> Any:
    """An object through a mapper; the mock maps nothing."""
    return obj


def internalHttpRequest(method: str, uri: str, body: str | None = None) -> dict[str, Any]:
    """A request to the server itself."""
    return {
        "statusCode": 404,
        "status": "404 Not Found",
        "body": "This is a mock. Your request was not found.",
        "headers": {},
    }


def isTimeSensitive() -> bool:
    """Whether the command was called by inline extraction."""
    return False
