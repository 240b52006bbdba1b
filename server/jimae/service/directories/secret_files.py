"""Secrets of the settings, written there or in a file of their own."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from jimae.errors import JimaeError


def value(name: str, secret: SecretStr | None, file: Path | None) -> str | None:
    """The secret, without the line break that editors leave. Raises `settings_file`."""
    if secret is not None:
        return secret.get_secret_value()
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{name}_file: {getattr(error, 'strerror', None) or error}"
        raise JimaeError("settings_file", path=str(file), reason=reason) from None
