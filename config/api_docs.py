"""What the page of API documentation shows, read out of the OpenAPI document."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A parameter or a field: its name, its type in words, and what it means."""

    name: str
    kind: str
    text: str
    choices: list[str]


@dataclass(frozen=True)
class Endpoint:
    """One address of the API."""

    key: str
    path: str
    summary: str
    text: str
    parameters: list[Row]
    #: Fields of what it answers with; of one item, where that is a list.
    fields: list[Row]
    is_list: bool
    example: str


def endpoints(document: dict[str, Any]) -> list[Endpoint]:
    """Return the API's addresses in the order of the document."""
    return [
        _endpoint(document, path, operation["get"]) for path, operation in document["paths"].items()
    ]


def _endpoint(document: dict[str, Any], path: str, operation: dict[str, Any]) -> Endpoint:
    answer = operation["responses"][200]["content"]["application/json"]["schema"]
    schema = _resolved(document, answer)
    items = schema["properties"].get("items", {}).get("items")
    shown = _resolved(document, items) if items else schema
    address = path.replace("{slug}", "SLUG")
    return Endpoint(
        key=operation["operationId"],
        path=address,
        summary=operation["summary"],
        text=operation.get("description", ""),
        parameters=[
            _row(document, parameter["name"], parameter["schema"], parameter.get("required"))
            for parameter in operation.get("parameters", [])
        ],
        fields=[
            row
            for name, field in shown["properties"].items()
            for row in _rows(document, name, field)
        ],
        is_list=items is not None,
        example=f"{address}?limit=2" if items else address,
    )


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def _rows(document: dict[str, Any], name: str, field: dict[str, Any]) -> list[Row]:
    """Return a field's row, followed by those of the fields inside it."""
    rows = [_row(document, name, field)]
    for option in field.get("anyOf", [field]):
        inner = _resolved(document, option)
        for inner_name, inner_field in inner.get("properties", {}).items():
            rows.append(_row(document, f"{name}.{inner_name}", inner_field))
    return rows


def _row(
    document: dict[str, Any], name: str, field: dict[str, Any], required: bool | None = None
) -> Row:
    kind = _kind(document, field)
    if required:
        kind = f"{kind}, required"
    elif "default" in field and field["default"] not in ("", None):
        kind = f"{kind}, {field['default']} if not given"
    return Row(name, kind, field.get("description", ""), field.get("enum", []))


def _kind(document: dict[str, Any], field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(document, option) for option in field["anyOf"])
    if "$ref" in field:
        return "object"
    if field.get("type") == "array":
        return f"list of {_kind(document, field['items'])}s"
    kind = {
        "integer": "number",
        "boolean": "true or false",
        "string": {"date-time": "instant", "date": "date"}.get(field.get("format", ""), "text"),
    }.get(field.get("type", ""), field.get("type", "any"))
    if "minimum" in field and "maximum" in field:
        return f"{kind} from {field['minimum']} to {field['maximum']}"
    return kind
