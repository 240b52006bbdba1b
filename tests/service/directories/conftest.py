"""What tests of directories share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.slapd import Slapd, slapd


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A real LDAP server, which tests of reading share."""
    with slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running
