"""Writes the list of what is in the released zip, in CycloneDX: `python tools/sbom.py`.

Runs in the environment that has cyclonedx-python-lib (tox environment `release`), after the build. The pack ships no
code of others; what it imports comes with the platform's container, whose image and libraries are listed as such. The
same zip always gives the same file: its serial number and its moment come from what is in it.
"""

import hashlib
import json
import re
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
PROVIDED = ("requests", "urllib3", "dateparser", "pytz")  # by the container; pinned for the tests in requirements/


def sha256(content: bytes) -> HashType:
    """A fingerprint as CycloneDX writes it."""
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())


def pinned(requirements: str, name: str) -> str:
    """The version of a library in a lock; ValueError when it is not in there."""
    found = re.search(rf"^{re.escape(name)}==(\S+)", requirements, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name} is not in the lock")
    return found[1]


def image_of(archive: zipfile.ZipFile) -> str:
    """The container that the integration names."""
    names = [name for name in archive.namelist() if re.search(r"Integrations/[^/]+\.yml$", name)]
    found = re.search(r"^\s*dockerimage: (\S+)$", archive.read(names[0]).decode(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{names[0]} names no container")
    return found[1]


def bill(zipped: Path, requirements: str) -> Bom:
    """The zip as a component, each file in it, and what the container provides."""
    with zipfile.ZipFile(zipped) as archive:
        metadata = json.loads(archive.read("pack_metadata.json"))
        files = {name: archive.read(name) for name in sorted(archive.namelist()) if not name.endswith("/")}
        image, _, tag = image_of(archive).rpartition(":")
    version = metadata["currentVersion"]
    pack = Component(
        name="SekoiaXDR",
        version=version,
        type=ComponentType.APPLICATION,
        hashes=[sha256(zipped.read_bytes())],
        description=metadata["description"],
        licenses=[LicenseFactory().make_from_string("MIT")],
        bom_ref="pack",
    )
    parts = [
        Component(name=name, type=ComponentType.FILE, hashes=[sha256(content)], bom_ref=name)
        for name, content in files.items()
    ]
    container = Component(
        name=image,
        version=tag,
        type=ComponentType.CONTAINER,
        scope=ComponentScope.EXCLUDED,
        bom_ref="container",
        properties=[Property(name="provided-by", value="platform")],
    )
    libraries = [
        Component(
            name=name,
            version=found,
            type=ComponentType.LIBRARY,
            scope=ComponentScope.EXCLUDED,
            purl=PackageURL("pypi", name=name, version=found),
            bom_ref=f"library {name}",
            properties=[Property(name="provided-by", value="container")],
        )
        for name in PROVIDED
        if (found := pinned(requirements, name))
    ]
    made = Bom(components=[*parts, container, *libraries], serial_number=uuid5(NAMESPACE_URL, parts_digest(files)))
    made.metadata.component = pack
    made.metadata.timestamp = datetime.fromisoformat(metadata["created"].replace("Z", "+00:00"))
    made.register_dependency(pack, [*parts, container])
    made.register_dependency(container, libraries)
    return made


def parts_digest(files: dict[str, bytes]) -> str:
    """One fingerprint of all files."""
    lines = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in files.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def main() -> int:
    """Writes dist/<pack>.cdx.json beside the zip."""
    (zipped,) = sorted((ROOT / "dist").glob("SekoiaXDR-*.zip"))
    requirements = (ROOT / "requirements/unit.txt").read_text(encoding="utf-8")
    text = make_outputter(bill(zipped, requirements), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"The list is no valid CycloneDX: {fault}")
    target = zipped.with_suffix(".cdx.json")
    target.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
