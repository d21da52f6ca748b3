"""Descriptions of several services become one."""

from tools.contract_spec import complete, joined

REF = {"$ref": "#/components/schemas/Thing"}


def test_paths_are_completed_and_schemas_keep_apart() -> None:
    answer = {"200": {"content": {"application.json": {"schema": REF}}}}
    part = {
        "openapi": "3.0.2",
        "paths": {"/alerts": {"get": {"responses": answer}}},
        "components": {"schemas": {"Thing": {"type": "object"}}},
    }
    whole, left_out = joined({"sic": part, "assets": {**part, "paths": {"/v2/asset-management/assets": {}}}})
    assert sorted(whole["paths"]) == ["/v1/sic/alerts", "/v2/asset-management/assets"]
    assert sorted(whole["components"]["schemas"]) == ["assets.Thing", "sic.Thing"]
    content = whole["paths"]["/v1/sic/alerts"]["get"]["responses"]["200"]["content"]
    assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/sic.Thing"}}}
    assert left_out == []


def test_what_is_not_openapi_3_is_left_out_and_named() -> None:
    whole, left_out = joined({"conf": {"swagger": "2.0", "paths": {"/intakes": {}}}})
    assert (whole["paths"], left_out) == ({}, ["conf"])
    assert whole["x-left-out"] == ["/v1/sic/conf"]


def test_prefix_is_not_put_twice() -> None:
    assert complete("/api/v1/sic/alerts", "/v1/sic") == "/v1/sic/alerts"
    assert complete("/v1/sic/alerts", "/v1/sic") == "/v1/sic/alerts"
