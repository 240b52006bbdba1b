"""`hf:` a file of a model hub, through the hub's own client library.

The library's `hf_hub_download` keeps unfinished files under a name of each
process, so that a second run starts from nothing; its two halves, metadata and
transfer, are used directly, with our own unfinished file.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import httpx2  # the hub library's HTTP client, whose errors it lets through
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import HfFileMetadata, http_get
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils.tqdm import silent_tqdm

import jimae
from jimae.catalogue.entry import HubSource
from jimae.catalogue.part_file import PartFile
from jimae.catalogue.progress import Progress
from jimae.catalogue.sources.base import (
    CONNECT_SECONDS,
    PROBE_SECONDS,
    Offer,
    reason_of,
    within,
)
from jimae.errors import JimaeError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class HubFetcher:
    """Fetches one file; `endpoint` is a mirror's base URL, None the library's own choice
    (the variable HF_ENDPOINT, or the public hub)."""

    def __init__(self, source: HubSource, endpoint: str | None = None) -> None:
        self._source = source
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._metadata: HfFileMetadata | None = None
        # It writes warnings straight to the terminal, through our progress bar.
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)

    @property
    def name(self) -> str:
        return f"hf:{self._source.repo}/{self._source.file}"

    def probe(self) -> Offer:
        with self._explained():
            metadata = within(PROBE_SECONDS, self.name, self._ask)
        if metadata.size is None:
            raise self._damaged("the hub does not say how long the file is")
        self._metadata = metadata
        etag = (metadata.etag or "").lower()
        return Offer(metadata.size, etag if _SHA256.fullmatch(etag) else None)

    def fetch(self, part: PartFile, progress: Progress) -> None:
        offer = self.probe() if self._metadata is None else None
        metadata = cast(HfFileMetadata, self._metadata)
        size = offer.size if offer else cast(int, metadata.size)
        if part.offset > size:
            part.cut(0)
        progress.begin(self._source.file, size, part.offset)
        part.on_bytes = progress.advance
        with self._explained():
            http_get(
                # The commit keeps a change in the repository from mixing two files.
                self._url(metadata.commit_hash or self._source.revision),
                cast(BinaryIO, part),
                resume_size=part.offset,
                headers=_headers(),
                expected_size=size,
                displayed_filename=self._source.file,
                tqdm_class=cast(Any, silent_tqdm),
            )
        progress.end()

    def _url(self, revision: str) -> str:
        source = self._source
        return hf_hub_url(source.repo, source.file, revision=revision, endpoint=self._endpoint)

    def _ask(self) -> HfFileMetadata:
        return get_hf_file_metadata(
            self._url(self._source.revision),
            headers=_headers(),
            timeout=CONNECT_SECONDS,
            endpoint=self._endpoint,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the library's errors into ours."""
        try:
            yield
        except GatedRepoError:
            reason = "its publisher wants its terms accepted first: do so on the hub, set HF_TOKEN"
            raise self._unreachable(reason) from None
        except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError):
            what = f"{self._source.file} ({self._source.revision})"
            raise JimaeError(
                "source_missing", source=f"hf:{self._source.repo}", what=what
            ) from None
        except HfHubHTTPError as error:
            raise self._unreachable(f"HTTP status {error.response.status_code}") from None
        except (httpx2.HTTPError, OfflineModeIsEnabled) as error:
            raise self._unreachable(reason_of(error)) from None
        except OSError as error:
            if error.errno is not None:  # the disk's, not the hub's
                raise
            raise self._damaged(reason_of(error)) from None

    def _unreachable(self, reason: str) -> JimaeError:
        return JimaeError("source_unreachable", source=self.name, reason=reason)

    def _damaged(self, reason: str) -> JimaeError:
        return JimaeError("source_damaged", source=self.name, reason=reason)


def _headers() -> dict[str, str]:
    return build_hf_headers(library_name="jimae", library_version=jimae.__version__)
