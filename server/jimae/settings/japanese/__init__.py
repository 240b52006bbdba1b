"""What every table and setting is, in Japanese: one file for each file of declarations.

The English stands in the declarations. A test sees that nothing is missing here or too much, and
that both languages name the same values, files and commands.
"""

from __future__ import annotations

from typing import Final

from jimae.settings.japanese import directories, keeping, models, serving

TABLES: Final[dict[str, str]] = {
    **serving.TABLES,
    **models.TABLES,
    **keeping.TABLES,
    **directories.TABLES,
}
"""By the name of the table; `""` is what stands above all tables."""

SETTINGS: Final[dict[str, str]] = {
    **serving.SETTINGS,
    **models.SETTINGS,
    **keeping.SETTINGS,
    **directories.SETTINGS,
}
"""By the dotted name; those of a named table as `oidc.issuer`, without the name."""
