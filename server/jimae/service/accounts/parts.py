"""What people own outside of the database, and how it is deleted with their accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.service import prefixes
from jimae.service.accounts.belongings import After, Forget
from jimae.service.files import written_by
from jimae.settings import Settings
from jimae.store.blobs import FOLDER, Blobs
from jimae.store.file_tables import Batch, File


def parts_of(settings: Settings) -> Sequence[Forget]:
    """Every kind of it. Whoever keeps another kind adds its function here."""
    blobs = Blobs(settings.data_dir / FOLDER)

    def files(session: Session, owner: str) -> After:
        kept = session.scalars(select(File.id).where(File.owner == owner)).all()
        batches = session.scalars(select(Batch.id).where(Batch.owner == owner)).all()
        names = [*kept, *(name for batch in batches for name in written_by(batch))]

        def remove() -> None:
            for name in names:
                blobs.remove(name)

        return remove

    def kept_prefixes(session: Session, owner: str) -> After:
        scopes = prefixes.scopes_of(session, owner)
        return lambda: prefixes.remove(settings.data_dir / prefixes.FOLDER, scopes)

    return (files, kept_prefixes)
