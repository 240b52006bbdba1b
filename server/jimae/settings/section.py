"""What every table of settings is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of settings: nothing in it that is not declared, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
