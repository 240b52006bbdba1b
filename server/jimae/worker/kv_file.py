"""A prefix in a file, in clear or encrypted, and never trusted when it is read.

    beginning   "JMKV0002", or "JMKE0001" and the id of the key
    length      of the header
    header      closed: model, scope, tokens, size of the data (msgpack)
    data        closed: the cells

    closed, in clear    content  SHA-256(about ‖ content)
    closed, encrypted   nonce  AES-256-GCM(content, with `about` as associated data)  tag

`about` are the model and the name of the file, which no other has, and which of the two
parts it is: nothing is read in another place than it was written for. One key may close
2^32 parts, since nonces are drawn at random (NIST SP 800-38D, 8.3), each of at most 64 GiB.
Data goes through in pieces, so that closing and opening it take no second copy.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

CLEAR: Final = b"JMKV0002"
ENCRYPTED: Final = b"JMKE0001"
MAX_DATA: Final = 2**36 - 32
"""Bytes of data: as many as AES-GCM encrypts with one nonce."""

_LENGTH = struct.Struct(">I")
_MAX_HEADER = 64 * 2**20
_PIECE = 2**20
_NONCE = 12
_TAG = 16

Content = bytes | bytearray


class Header(msgspec.Struct, frozen=True):
    scope: str
    tokens: bytes
    size: int


class _Form(Protocol):
    """How a part of a file is closed; `open` returns None for what is not as it was closed."""

    def close(self, file: BinaryIO, content: Content, about: bytes) -> None: ...
    def open(self, file: BinaryIO, size: int, about: bytes) -> Content | None: ...


class KvFiles:
    """Writes and reads the files of one model and key; no key writes them in clear.

    `model` names all that must be the same for cells to be valid.
    """

    def __init__(self, model: str, key: bytes | None) -> None:
        self._model = model.encode()
        self._beginning = beginning(key)
        self._form: _Form = _Clear() if key is None else _Encrypted(key)

    def write(self, path: Path, header: Header, data: Content) -> None:
        """Raises OSError, and then leaves nothing behind."""
        body = msgspec.msgpack.encode(header)
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._beginning + _LENGTH.pack(len(body)))
                self._form.close(file, body, self._about(path, "header"))
                self._form.close(file, data, self._about(path, "data"))
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def read_header(self, path: Path) -> Header | None:
        """None if anything about it is wrong."""
        try:
            with path.open("rb") as file:
                return self._header(path, file)
        except OSError:
            return None

    def read(self, path: Path) -> Content | None:
        """The data of a file; None if anything about it is wrong."""
        try:
            with path.open("rb") as file:
                header = self._header(path, file)
                if header is None:
                    return None
                data = self._form.open(file, header.size, self._about(path, "data"))
                return None if file.read(1) else data
        except OSError:
            return None

    def _header(self, path: Path, file: BinaryIO) -> Header | None:
        if file.read(len(self._beginning)) != self._beginning:
            return None
        packed = file.read(_LENGTH.size)
        if len(packed) != _LENGTH.size or (size := _LENGTH.unpack(packed)[0]) > _MAX_HEADER:
            return None
        body = self._form.open(file, size, self._about(path, "header"))
        try:
            return None if body is None else msgspec.msgpack.decode(body, type=Header)
        except msgspec.MsgspecError:
            return None

    def _about(self, path: Path, part: str) -> bytes:
        return b"\0".join((self._model, path.stem.encode(), part.encode()))


def beginning(key: bytes | None) -> bytes:
    """How all files begin that are written with this key, or with none."""
    if key is None:
        return CLEAR
    return ENCRYPTED + hashlib.sha256(b"jimae prefix key " + key).digest()[:8]


def is_of(key: bytes | None, path: Path) -> bool:
    """Whether a file begins as those that are written with this key, or with none."""
    begins = beginning(key)
    with path.open("rb") as file:
        return file.read(len(begins)) == begins


class _Clear:
    def close(self, file: BinaryIO, content: Content, about: bytes) -> None:
        file.write(content)
        file.write(_sum(content, about))

    def open(self, file: BinaryIO, size: int, about: bytes) -> Content | None:
        content = file.read(size)
        return content if file.read(hashlib.sha256().digest_size) == _sum(content, about) else None


def _sum(content: Content, about: bytes) -> bytes:
    digest = hashlib.sha256(about)
    digest.update(content)
    return digest.digest()


class _Encrypted:
    def __init__(self, key: bytes) -> None:
        self._key = AES(key)

    def close(self, file: BinaryIO, content: Content, about: bytes) -> None:
        nonce = os.urandom(_NONCE)
        cipher = Cipher(self._key, GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(about)
        file.write(nonce)
        view = memoryview(content)
        for start in range(0, len(view), _PIECE):
            file.write(cipher.update(view[start : start + _PIECE]))
        file.write(cipher.finalize() + cipher.tag)

    def open(self, file: BinaryIO, size: int, about: bytes) -> Content | None:
        # What was cut short must not make us reserve what it should have had.
        if os.fstat(file.fileno()).st_size - file.tell() < _NONCE + size + _TAG:
            return None
        cipher = Cipher(self._key, GCM(file.read(_NONCE))).decryptor()
        cipher.authenticate_additional_data(about)
        content = bytearray(size)
        view = memoryview(content)
        for start in range(0, size, _PIECE):
            piece = file.read(min(_PIECE, size - start))
            cipher.update_into(piece, view[start : start + len(piece)])
        try:
            cipher.finalize_with_tag(file.read(_TAG))
        except InvalidTag:
            return None
        return content
