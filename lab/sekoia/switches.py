"""The knobs of the facts nobody outside Sekoia knows for sure; each one is named in an evidence file."""

from dataclasses import dataclass, field, fields
from typing import Any


def _one_of(*allowed: Any) -> Any:
    """A knob with these positions; the first is where it stands when nobody turned it."""
    return field(default=allowed[0], metadata={"allowed": allowed})


def _free(kind: type, default: Any = None) -> Any:
    """A knob that holds a value of one type, or None for off."""
    return field(default=default, metadata={"kind": kind})


@dataclass(slots=True)
class Switches:
    """How the tenant behaves where the facts leave a choice. An unknown name or position raises and names itself."""

    limit_over_max: str = _one_of("reject", "cap")
    unknown_match: str = _one_of("ignore", "reject")
    default_direction: str = _one_of("asc", "desc")
    unsorted: str = _one_of("newest", "oldest")
    shuffle_ties: bool = _one_of(False, True)
    bounds: str = _one_of("inclusive", "exclusive")
    created_at_precision: str = _one_of("second", "microsecond")
    with_total: bool = _one_of(True, False)
    has_more: bool = _one_of(True, False)
    embed_custom: bool = _one_of(True, False)
    extra_fields: bool = _one_of(False, True)
    absent_optional: bool = _one_of(False, True)
    urgency_words: str = _one_of("five", "three")
    custom_status_name: str = _one_of("nearest", "label")
    rejected_status: bool = _one_of(True, False)
    strict_legacy_transitions: bool = _one_of(False, True)
    custom_actions: bool = _one_of(False, True)
    same_status: str = _one_of("conflict", "ok")
    verdict_required_to_close: bool = _one_of(False, True)
    verdict_refusal_status: int = _one_of(400, 409)
    bulk_tasks: str = _one_of("listed", "unknown")
    custom_field_options: str = _one_of("objects", "texts")
    custom_fields_patch: str = _one_of("join", "replace")
    term_or: str = _one_of("accept", "reject")
    unknown_term: str = _one_of("fail", "reject")
    event_total: str = _one_of("exact", "overstated", "bounded")
    job_total: str = _one_of("found", "kept")
    hidden_jobs: str = _one_of("left out", "listed")
    deep_paging: str = _one_of("accept", "reject")
    revoked_assets_hidden: bool = _one_of(True, False)
    asset_error_shape: str = _one_of("message", "detail")
    closed_case_refusal: int = _one_of(400, 409)
    case_detail_alerts: str = _one_of("all", "first 20")
    asset_history_unit: str = _one_of("line", "day")
    throttle: int | None = _free(int)
    throttle_body: str = _one_of("json", "empty", "html")
    retry_after_header: str | None = _free(str)
    waf: int | None = _free(int)
    waf_status: int = _one_of(403, 429)

    def __setattr__(self, name: str, value: Any) -> None:
        rule = RULES.get(name)
        if rule is None:
            raise AttributeError(f"no switch is called {name!r}; there are {sorted(RULES)}")
        _check(name, value, rule)
        object.__setattr__(self, name, value)

    def turn(self, **positions: Any) -> None:
        """Turn several knobs at once."""
        for name, value in positions.items():
            setattr(self, name, value)


RULES: dict[str, Any] = {knob.name: knob.metadata for knob in fields(Switches)}


def _check(name: str, value: Any, rule: Any) -> None:
    allowed = rule.get("allowed")
    if allowed is not None and (value not in allowed or type(value) is not type(allowed[0])):
        raise ValueError(f"switch {name} has the positions {allowed}, not {value!r}")
    if allowed is None and value is not None and type(value) is not rule["kind"]:
        raise ValueError(f"switch {name} takes {rule['kind'].__name__} or None, not {value!r}")
