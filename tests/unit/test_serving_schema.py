"""The API keeps what its OpenAPI document says, for whatever is asked: a property test of every operation."""

import json
from typing import Any

import schemathesis
from hypothesis import settings

from serving import models, platform_models
from tests.support.serving import Process, world

_EXAMPLES = 25
"""An operation, besides the edge cases schemathesis lists itself; all of it takes some ten seconds."""

_REFUSED = ["400", "404", "405", "414", "422"]
"""What nonsense is answered with; 414 because some of it is longer than an address may be."""

_process = Process(world()).follow()
_config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": _REFUSED}}})
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", _process.app, config=_config).exclude(
    path="/api/v1/stream"
)


@schema.parametrize()
@settings(max_examples=_EXAMPLES, deadline=None)
def test_every_operation_keeps_its_contract(case: "schemathesis.Case[Any]") -> None:
    case.call_and_validate()


def test_every_operation_is_described_with_its_problems() -> None:
    document = _process.app.openapi()
    assert len(document["paths"]) >= 14
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            problems = {code for code in operation["responses"] if code.startswith(("4", "5"))}
            for code in problems:
                assert list(operation["responses"][code]["content"]) == ["application/problem+json"], path
            assert problems or path in {"/healthz"}, path


def test_the_parameters_have_examples() -> None:
    parameters = [
        parameter
        for operations in _process.app.openapi()["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
    ]
    assert sum("examples" in parameter["schema"] or "examples" in parameter for parameter in parameters) >= 8


def test_every_answer_has_an_example_that_is_one() -> None:
    """The document's examples are answers of the present form: with a field more or less this fails."""
    answers = {
        path: operations["get"]["responses"]["200"]["content"]["application/json"]
        for path, operations in _process.app.openapi()["paths"].items()
        if path.startswith("/api/v1/") and "get" in operations and not path.endswith("/stream")
    }
    assert len(answers) == 11
    for path, content in answers.items():
        name = content["schema"]["$ref"].rsplit("/", 1)[1]
        model = getattr(models, name, None) or getattr(platform_models, name)
        shown = model.model_validate_json(json.dumps(content["example"]))
        assert json.loads(shown.model_dump_json()) == content["example"], path
