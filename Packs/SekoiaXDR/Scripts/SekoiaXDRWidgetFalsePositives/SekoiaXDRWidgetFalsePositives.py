"""The share of false positives by rule: where a rule wants to be tuned."""

import demistomock as demisto
from CommonServerPython import *
from SekoiaXDRPageApiModule import *

RULES, INCIDENTS = 10, 1000
QUERY = 'type:"Sekoia XDR" and status:closed'


def closed_incidents(start: str, end: str) -> list[Row]:
    """The closed incidents of the pack in a time range."""
    asked = {"query": QUERY, "fromdate": start, "todate": end, "size": INCIDENTS}
    found = execute_command("getIncidents", {name: value for name, value in asked.items() if value})
    return [row for row in as_list(as_dict(found).get("data")) if isinstance(row, dict)]


def shares(incidents: list[Row]) -> list[tuple[str, int, int]]:
    """Rule, false positives, all with a verdict: most false positives first."""
    counts: dict[str, list[int]] = {}
    for incident in incidents:
        subject = subject_of(incident)
        verdict = as_text(subject.field("verdictstage"))
        if verdict:
            rule = as_text(subject.field("rulename"), 100) or "no rule"
            count = counts.setdefault(rule, [0, 0])
            count[0] += verdict == "false_positive"
            count[1] += 1
    found = [(rule, false, total) for rule, (false, total) in counts.items()]
    return sorted(found, key=lambda row: (-row[1] / row[2], -row[2], row[0]))[:RULES]


def main() -> None:
    """The only place that talks to the platform."""
    try:
        args = demisto.args()
        widget = BarColumnPieWidget()
        for rule, false, total in shares(closed_incidents(str(args.get("from") or ""), str(args.get("to") or ""))):
            widget.add_category(f"{rule} ({false} of {total})", round(100 * false / total))
        return_results(widget)
    except Exception as error:
        return_error(f"The false positives cannot be shown: {error}")


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
