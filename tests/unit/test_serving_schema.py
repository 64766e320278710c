"""The API keeps what its OpenAPI document says, for whatever is asked: a property test of every operation."""

import schemathesis
from schemathesis.config import SchemathesisConfig

from tests.support.serving import Process, world

_EXAMPLES = 40

_process = Process(world()).follow()
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", _process.app).exclude(path="/api/v1/stream")


@schema.parametrize()
def test_every_operation_keeps_its_contract(case: schemathesis.Case) -> None:
    case.call_and_validate()
