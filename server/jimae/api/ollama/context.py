"""`num_ctx`: a context is the server's to set, so it can only be held against what there is."""

from __future__ import annotations

from jimae.errors import JimaeError
from jimae.service.service import Service


async def check_context(service: Service, model: str, wanted: int | None) -> None:
    """Raises `out_of_range` if a request to the model holds less than is wanted of it."""
    if wanted is None:
        return
    context = (await service.tokens.info(model)).context
    if wanted > context:
        raise JimaeError(
            "out_of_range",
            param="options.num_ctx",
            name="options.num_ctx",
            value=wanted,
            limit=f"≤ {context}",
        )
