"""IS this process alive, may it be sent requests, and how is it doing?"""

import anyio
from fastapi import APIRouter
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from ajx_gateway.api import metering
from ajx_gateway.api.context import gateway_of
from ajx_gateway.errors import Unavailable
from ajx_gateway.identity import system_scope
from ajx_gateway.publishing import operations
from ajx_gateway.store import revisions

router = APIRouter()
_PATIENCE = 5.0


async def livez(request: Request) -> Response:
    """The event loop turns."""
    return Response(to_json({"status": "alive"}), media_type="application/json")


async def readyz(request: Request) -> Response:
    """The database answers and has the layout of this code; 503 otherwise, and while shutting down."""
    gateway = getattr(request.app.state, "gateway", None)
    if gateway is None or getattr(request.app.state, "stopping", False):
        raise Unavailable("网关正在启动或停止。", retry_after=5)
    try:
        with anyio.fail_after(_PATIENCE):
            async with gateway_of(request).desk.store.reading(system_scope("readiness")) as tx:
                await revisions.check(tx)
    except TimeoutError:
        raise Unavailable("数据库没有及时应答。", retry_after=5) from None
    return Response(to_json({"status": "ready"}), media_type="application/json")


async def metrics(request: Request) -> Response:
    """Prometheus text; no record, key or person ever becomes a label."""
    return Response(
        metering.figures(request.app.state.metrics), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


_TEXT = {"content": {"text/plain": {"schema": {"type": "string"}}}}
for _path, _door, _told in (
    ("/livez", livez, operations.public("livez", "存活", "运行")),
    ("/readyz", readyz, operations.public("readyz", "就绪：数据库可达且结构匹配", "运行", statuses=(503,))),
    ("/metrics", metrics, operations.public("metrics", "Prometheus 指标", "运行", success=_TEXT)),
):
    # The plain class: FastAPI would promise JSON beside what the operation names.
    router.add_api_route(_path, _door, methods=["GET"], response_class=Response, **_told.routing())
