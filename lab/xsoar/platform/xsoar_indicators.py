"""Indicators, scores and relationships in the standard context."""

from typing import Any, ClassVar

from xsoar_enums import DBotScoreReliability, DBotScoreType, outputPaths


class EntityRelationship:
    """A relationship between two entities."""

    class Relationships:
        """Names of relationships and of their reverses; other names are logged and taken."""

        COMMUNICATED_WITH = "communicated-with"
        COMMUNICATES_WITH = "communicates-with"
        CONTAINS = "contains"
        INDICATED_BY = "indicated-by"
        INDICATOR_OF = "indicator-of"
        PART_OF = "part-of"
        RELATED_TO = "related-to"
        RESOLVES_TO = "resolves-to"
        RESOLVED_FROM = "resolved-from"
        TARGETS = "targets"
        TARGETED_BY = "targeted-by"
        USES = "uses"
        USED_BY = "used-by"
        RELATIONSHIPS_NAMES: ClassVar[dict[str, str]] = {
            "communicated-with": "communicated-by",
            "communicates-with": "communicated-by",
            "contains": "part-of",
            "indicated-by": "indicator-of",
            "indicator-of": "indicated-by",
            "part-of": "contains",
            "related-to": "related-to",
            "resolves-to": "resolved-from",
            "resolved-from": "resolves-to",
            "targets": "targeted-by",
            "targeted-by": "targets",
            "uses": "used-by",
            "used-by": "uses",
        }

    def __init__(
        self,
        name: str,
        entity_a: str,
        entity_a_type: str,
        entity_b: str,
        entity_b_type: str,
        reverse_name: str = "",
        relationship_type: str = "IndicatorToIndicator",
        entity_a_family: str = "Indicator",
        entity_b_family: str = "Indicator",
        source_reliability: str = "",
        fields: dict[str, Any] | None = None,
        brand: str = "",
    ) -> None:
        if relationship_type != "IndicatorToIndicator":
            raise ValueError("Invalid relationship type: " + relationship_type)
        if source_reliability and not DBotScoreReliability.is_valid_type(source_reliability):
            raise ValueError("Invalid source reliability value", source_reliability)
        names = self.Relationships.RELATIONSHIPS_NAMES
        self._entry: dict[str, Any] = {
            "name": name,
            "reverseName": reverse_name or names.get(name, "related-to"),
            "type": relationship_type,
            "entityA": entity_a,
            "entityAFamily": entity_a_family,
            "entityAType": entity_a_type,
            "entityB": entity_b,
            "entityBFamily": entity_b_family,
            "entityBType": entity_b_type,
            "fields": fields or {},
        }
        self._source = {key: text for key, text in (("reliability", source_reliability), ("brand", brand)) if text}

    def to_entry(self) -> dict[str, Any]:
        """As an entry holds it; {} without the second entity."""
        return {**self._entry, **self._source} if self._entry["entityB"] else {}

    def to_context(self) -> dict[str, Any]:
        """As the context holds it; {} without the second entity."""
        if not self._entry["entityB"]:
            return {}
        return {
            "Relationship": self._entry["name"],
            "EntityA": self._entry["entityA"],
            "EntityAType": self._entry["entityAType"],
            "EntityB": self._entry["entityB"],
            "EntityBType": self._entry["entityBType"],
        }


class Common:
    """Indicators in the standard context."""

    class Indicator:
        """Base: FIELDS gives the context key of each keyword argument; PATH is where the object goes."""

        PATH = ""
        FIELDS: ClassVar[dict[str, str]] = {}
        ALWAYS: tuple[str, ...] = ()

        def __init__(self, *values: Any, dbot_score: Any = None, relationships: Any = None, **fields: Any) -> None:
            names = list(self.ALWAYS)
            if len(values) > len(names):
                dbot_score, values = values[-1], values[:-1]
            fields.update(zip(names, values, strict=False))
            unknown = set(fields) - set(self.FIELDS)
            if unknown:
                raise TypeError(f"{type(self).__name__} here knows no field {', '.join(sorted(unknown))}")
            vars(self).update(dict.fromkeys(self.FIELDS), **fields)
            self.dbot_score = dbot_score
            self.relationships = relationships

        def to_context(self) -> dict[str, Any]:
            """The indicator, and its score, under their DT keys."""
            values = {key: getattr(self, name) for name, key in self.FIELDS.items()}
            must = {self.FIELDS[name] for name in self.ALWAYS}
            body = {key: value for key, value in values.items() if key in must or value}
            if self.relationships:
                body["Relationships"] = [each.to_context() for each in self.relationships if each.to_context()]
            score = self.dbot_score
            if score is None:
                return {self.PATH: body}
            if score.score == Common.DBotScore.BAD:
                body["Malicious"] = {"Vendor": score.integration_name, "Description": score.malicious_description}
            return {self.PATH: body, **score.to_context()}

    class DBotScore:
        """A verdict on an indicator: 0 unknown, 1 good, 2 suspicious, 3 bad."""

        NONE = 0
        GOOD = 1
        SUSPICIOUS = 2
        BAD = 3
        CONTEXT_PATH = (
            "DBotScore(val.Indicator && val.Indicator == obj.Indicator && "
            "val.Vendor == obj.Vendor && val.Type == obj.Type)"
        )

        def __init__(
            self,
            indicator: str,
            indicator_type: str,
            integration_name: str = "",
            score: int | None = None,
            malicious_description: str | None = None,
            reliability: str | None = None,
            message: str | None = None,
        ) -> None:
            if not DBotScoreType.is_valid_type(indicator_type):
                raise TypeError("indicator_type must be of type DBotScoreType enum")
            if score not in (0, 1, 2, 3):
                raise TypeError("indicator type must be of type DBotScore enum")
            if reliability and not DBotScoreReliability.is_valid_type(reliability):
                raise TypeError("reliability must be of type DBotScoreReliability enum")
            self.indicator = indicator
            self.indicator_type = indicator_type
            self.integration_name = integration_name
            self.score = score
            self.malicious_description = malicious_description
            self.reliability = reliability
            self.message = message

        def to_context(self) -> dict[str, Any]:
            """The score under its DT key."""
            body: dict[str, Any] = {
                "Indicator": self.indicator,
                "Type": self.indicator_type,
                "Vendor": self.integration_name,
                "Score": self.score,
            }
            more = {"Reliability": self.reliability, "Message": self.message}
            return {self.CONTEXT_PATH: body | {key: text for key, text in more.items() if text}}

    class IP(Indicator):
        """An IP address."""

        PATH = outputPaths["ip"]
        ALWAYS = ("ip",)
        FIELDS: ClassVar[dict[str, str]] = {
            "ip": "Address",
            "asn": "ASN",
            "hostname": "Hostname",
            "description": "Description",
            "tags": "Tags",
        }

    class Domain(Indicator):
        """A domain."""

        PATH = outputPaths["domain"]
        ALWAYS = ("domain",)
        FIELDS: ClassVar[dict[str, str]] = {
            "domain": "Name",
            "dns": "DNS",
            "description": "Description",
            "tags": "Tags",
        }

    class URL(Indicator):
        """An address on the web."""

        PATH = outputPaths["url"]
        ALWAYS = ("url",)
        FIELDS: ClassVar[dict[str, str]] = {"url": "Data", "description": "Description", "tags": "Tags"}

    class File(Indicator):
        """A file by its hashes."""

        PATH = outputPaths["file"]
        FIELDS: ClassVar[dict[str, str]] = {
            "name": "Name",
            "md5": "MD5",
            "sha1": "SHA1",
            "sha256": "SHA256",
            "sha512": "SHA512",
            "ssdeep": "SSDeep",
            "size": "Size",
            "path": "Path",
            "extension": "Extension",
            "file_type": "Type",
            "tags": "Tags",
        }

    class CVE(Indicator):
        """A vulnerability."""

        PATH = outputPaths["cve"]
        ALWAYS = ("id", "cvss", "published", "modified", "description")
        FIELDS: ClassVar[dict[str, str]] = {
            "id": "ID",
            "cvss": "CVSS",
            "published": "Published",
            "modified": "Modified",
            "description": "Description",
        }

    class EMAIL(Indicator):
        """A mail address."""

        PATH = "Email(val.Address && val.Address == obj.Address)"
        ALWAYS = ("address",)
        FIELDS: ClassVar[dict[str, str]] = {
            "address": "Address",
            "domain": "Domain",
            "description": "Description",
            "tags": "Tags",
        }

    class Account(Indicator):
        """A user account."""

        PATH = "Account(val.id && val.id == obj.id)"
        ALWAYS = ("id",)
        FIELDS: ClassVar[dict[str, str]] = {
            "id": "Id",
            "type": "Type",
            "username": "Username",
            "display_name": "DisplayName",
            "domain": "Domain",
            "email_address": "Email",
            "groups": "Groups",
        }

    class Endpoint(Indicator):
        """A machine."""

        PATH = "Endpoint(val.ID && val.ID == obj.ID && val.Vendor == obj.Vendor)"
        ALWAYS = ("id",)
        FIELDS: ClassVar[dict[str, str]] = {
            "id": "ID",
            "hostname": "Hostname",
            "ip_address": "IPAddress",
            "domain": "Domain",
            "mac_address": "MACAddress",
            "os": "OS",
            "os_version": "OSVersion",
            "model": "Model",
            "vendor": "Vendor",
            "status": "Status",
            "is_isolated": "IsIsolated",
        }
