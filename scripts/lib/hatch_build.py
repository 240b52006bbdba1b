"""Build hook: a wheel carries the catalogue and the built web page; a checkout has its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueAndPage(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `models/` and `webui/dist/` to a wheel that is not an editable one."""
        if version == "editable":
            return
        page = Path(self.root) / "webui" / "dist"
        if not (page / "index.html").is_file():
            raise FileNotFoundError(f"{page} is not built: run scripts/setup first")
        build_data["force_include"] |= {
            "models": "jimae/_models",
            str(page.relative_to(self.root)): "jimae/_webui",
        }
