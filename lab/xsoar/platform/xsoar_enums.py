"""Names and numbers of the platform: kinds of entries, severities, scores, context paths."""

import re
from typing import Any


class EntryType:
    """Kinds of war room entries."""

    NOTE = 1
    DOWNLOAD_AGENT = 2
    FILE = 3
    ERROR = 4
    PINNED = 5
    USER_MANAGEMENT = 6
    IMAGE = 7
    PLAYGROUND_ERROR = 8
    ENTRY_INFO_FILE = 9
    VIDEO_FILE = 10
    WARNING = 11
    STATIC_VIDEO_FILE = 12
    MAP_ENTRY_TYPE = 15
    WIDGET = 17
    EXECUTION_METRICS = 19


entryTypes = {
    "note": 1,
    "downloadAgent": 2,
    "file": 3,
    "error": 4,
    "pinned": 5,
    "userManagement": 6,
    "image": 7,
    "playgroundError": 8,
    "entryInfoFile": 9,
    "warning": 11,
    "map": 15,
    "debug": 16,
    "widget": 17,
}


class EntryFormat:
    """Formats of an entry's contents."""

    HTML = "html"
    TABLE = "table"
    JSON = "json"
    TEXT = "text"
    DBOT_RESPONSE = "dbotCommandResponse"
    MARKDOWN = "markdown"

    @classmethod
    def is_valid_type(cls, _type: Any) -> bool:
        """Whether a text names a format."""
        return _type in ("html", "table", "json", "text", "dbotCommandResponse", "markdown")


formats = {
    "html": "html",
    "table": "table",
    "json": "json",
    "text": "text",
    "dbotResponse": "dbotCommandResponse",
    "markdown": "markdown",
}


class IncidentStatus:
    """States of an incident."""

    PENDING = 0
    ACTIVE = 1
    DONE = 2
    ARCHIVE = 3


class IncidentSeverity:
    """Severities of an incident."""

    UNKNOWN = 0
    INFO = 0.5
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class ErrorTypes:
    """Kinds of API call results in metrics."""

    SUCCESS = "Successful"
    QUOTA_ERROR = "QuotaError"
    GENERAL_ERROR = "GeneralError"
    AUTH_ERROR = "AuthError"
    SERVICE_ERROR = "ServiceError"
    CONNECTION_ERROR = "ConnectionError"
    PROXY_ERROR = "ProxyError"
    SSL_ERROR = "SSLError"
    TIMEOUT_ERROR = "TimeoutError"
    RETRY_ERROR = "RetryError"


class FeedIndicatorType:
    """Names of indicator types."""

    Account = "Account"
    CVE = "CVE"
    Domain = "Domain"
    Email = "Email"
    File = "File"
    FQDN = "Domain"
    Host = "Host"
    IP = "IP"
    CIDR = "CIDR"
    IPv6 = "IPv6"
    IPv6CIDR = "IPv6CIDR"
    URL = "URL"
    Malware = "Malware"


class DBotScoreType:
    """Indicator types of a DBot score."""

    IP = "ip"
    FILE = "file"
    DOMAIN = "domain"
    URL = "url"
    CVE = "cve"
    ACCOUNT = "account"
    CERTIFICATE = "certificate"
    CRYPTOCURRENCY = "cryptocurrency"
    EMAIL = "email"
    ATTACKPATTERN = "attackpattern"
    CUSTOM = "custom"

    @classmethod
    def is_valid_type(cls, _type: Any) -> bool:
        """Whether a text names a type."""
        return _type in {value for name, value in vars(cls).items() if name.isupper()}


class DBotScoreReliability:
    """How far a source is trusted."""

    A_PLUS = "A+ - 3rd party enrichment"
    A = "A - Completely reliable"
    B = "B - Usually reliable"
    C = "C - Fairly reliable"
    D = "D - Not usually reliable"
    E = "E - Unreliable"
    F = "F - Reliability cannot be judged"

    @staticmethod
    def is_valid_type(_type: Any) -> bool:
        """Whether a text names a reliability."""
        return _type in {value for name, value in vars(DBotScoreReliability).items() if name.isupper()}

    @staticmethod
    def get_dbot_score_reliability_from_str(reliability_str: str) -> str:
        """The reliability itself; raises for any other text."""
        if not DBotScoreReliability.is_valid_type(reliability_str):
            raise Exception("Please use supported reliability only.")
        return reliability_str


outputPaths = {
    "file": (
        "File(val.MD5 && val.MD5 == obj.MD5 || val.SHA1 && val.SHA1 == obj.SHA1 || "
        "val.SHA256 && val.SHA256 == obj.SHA256 || val.SHA512 && val.SHA512 == obj.SHA512 || "
        "val.CRC32 && val.CRC32 == obj.CRC32 || val.CTPH && val.CTPH == obj.CTPH || "
        "val.SSDeep && val.SSDeep == obj.SSDeep)"
    ),
    "ip": "IP(val.Address && val.Address == obj.Address)",
    "url": "URL(val.Data && val.Data == obj.Data)",
    "domain": "Domain(val.Name && val.Name == obj.Name)",
    "cve": "CVE(val.ID && val.ID == obj.ID)",
    "email": "Account.Email(val.Address && val.Address == obj.Address)",
    "dbotscore": "DBotScore",
}

ipv4Regex = (
    r"^(?P<ipv4>(?:(?:25[0-5]|2[0-4]\d|[01]?\d{1,2})\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d{1,2}))(?::(?P<port>\d+))?$"
)
cveRegex = r"(?i)^cve-\d{4}-([1-9]\d{4,}|\d{4})$"
md5Regex = re.compile(r"\b[0-9a-fA-F]{32}\b")
sha1Regex = re.compile(r"\b[0-9a-fA-F]{40}\b")
sha256Regex = re.compile(r"\b[0-9a-fA-F]{64}\b")
