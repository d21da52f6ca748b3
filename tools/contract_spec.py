"""Brings Sekoia's own descriptions of its API and joins them: `python tools/contract_spec.py FILE`.

For a machine that reaches the internet. Sekoia publishes one description per service, without authentication. Those in
OpenAPI 3 are joined into one file that `SEKOIA_OPENAPI=FILE make test` holds the lab and the pack against; one that is
not (Swagger 2) is left out, and named, in the file too (`x-left-out`), so that its calls are not taken for unknown.
"""

import json
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HOST = "https://app.sekoia.io/api"
# Service -> where its description lies, and the prefix that its paths lack.
SERVICES = {
    "sic": ("/v1/sic/openapi.json", "/v1/sic"),
    "conf": ("/v1/sic/conf/swagger.json?context=public", "/v1/sic/conf"),
    "identity": ("/v1/swagger.json", "/v1"),
    "assets": ("/v2/asset-management/openapi.json", "/v2/asset-management"),
    "intelligence": ("/v2/inthreat/openapi.json", "/v2/inthreat"),
    "events": ("/v1/events/openapi.json", "/v1/events"),
    "notebooks": ("/v1/notebooks/openapi.json", "/v1/notebooks"),
    "telemetry": ("/v1/telemetry/openapi.json", "/v1/telemetry"),
}


def joined(parts: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """One description of all services (each service's schemas keep apart), and the services that were left out."""
    whole: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Sekoia", "version": "joined"}, "paths": {}}
    whole["components"] = {"schemas": {}}
    whole["x-left-out"] = []
    left_out = []
    for service, part in parts.items():
        if not str(part.get("openapi", "")).startswith("3"):
            left_out.append(service)
            whole["x-left-out"].append(SERVICES[service][1])
            continue
        mark = f"#/components/schemas/{service}."
        own = json.loads(
            json.dumps(part)
            .replace('"#/components/schemas/', f'"{mark}')
            .replace('"application.json"', '"application/json"')
        )
        prefix = SERVICES[service][1]
        whole["paths"].update({complete(path, prefix): item for path, item in own.get("paths", {}).items()})
        schemas = own.get("components", {}).get("schemas", {})
        whole["components"]["schemas"].update({f"{service}.{name}": schema for name, schema in schemas.items()})
    return whole, left_out


def complete(path: str, prefix: str) -> str:
    """A path as the API serves it: some descriptions leave the prefix of their service out, or put /api before it."""
    path = path.removeprefix("/api")
    return path if path.startswith(prefix) else prefix + path


def brought(place: str) -> dict[str, Any]:
    """The JSON of a description; OSError or ValueError when it cannot be had."""
    with urllib.request.urlopen(f"{HOST}{place}", timeout=60) as answer:  # noqa: S310 (a fixed https address)
        found: dict[str, Any] = json.load(answer)
    return found


def main(arguments: list[str]) -> int:
    """Exit code 0 when the file was written."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        whole, left_out = joined({service: brought(place) for service, (place, _) in SERVICES.items()})
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The descriptions could not be brought: {error}. app.sekoia.io must be reachable.\n")
        return 1
    file = Path(arguments[0])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(whole), encoding="utf-8")
    sys.stdout.write(
        f"{file}: {len(whole['paths'])} paths; left out, for they are not OpenAPI 3: {left_out or 'none'}\n"
    )
    sys.stdout.write(f"Now: SEKOIA_OPENAPI={file.resolve()} make test\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
