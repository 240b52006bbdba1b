"""What requests about people, groups and sessions may hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# What is typed as a password or a code may be wrong, and then takes the time of a right one.
Typed = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SignInRequest(Strict):
    name: Typed
    password: Typed
