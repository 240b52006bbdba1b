"""Tables of what may be sent to a model.

    policy_texts ◄──version── policy_acceptances      what people have to agree to, and did
    policy_rules, policy_words                        of a group, or of everybody
    trusted_models                                    those to which looser rules apply

`owner` of a rule or a word is the group whose members it is for, or `everybody`. What was
found in a text is never here.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Owned

EVERYBODY: Final = "everybody"
WORD_LENGTH: Final = 200


class PolicyText(Owned):
    """A version of the text of use, in Markdown. `owner` published it. The highest version
    is the one in force; an earlier one stays, since people accepted it."""

    __tablename__ = "policy_texts"
    fate: ClassVar[Fate] = "stays"

    version: Mapped[int] = mapped_column(unique=True)
    ja: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)


class PolicyAcceptance(Owned):
    """That somebody, the owner, accepted a version."""

    __tablename__ = "policy_acceptances"
    fate: ClassVar[Fate] = "goes"

    version: Mapped[int]

    __table_args__ = (Index(None, "owner", "version", unique=True),)


class PolicyRule(Owned):
    """What happens to a kind of personal data of which a detector is sure enough.

    `models` is `any`, or `untrusted` for those that are not in `trusted_models`. `level` is
    who set it: `admin` or `manager`, who cannot loosen what an administrator set.
    """

    __tablename__ = "policy_rules"
    fate: ClassVar[Fate] = "stays"

    kind: Mapped[str] = mapped_column(String(32))
    models: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index(None, "owner", "kind", "models", "level", unique=True),)


class PolicyWord(Owned):
    """A word that may not be sent. `folded` is how it is compared; `level` as of a rule."""

    __tablename__ = "policy_words"
    fate: ClassVar[Fate] = "stays"

    word: Mapped[str] = mapped_column(String(WORD_LENGTH))
    folded: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(16))
    action: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index(None, "owner"),)


class TrustedModel(Owned):
    """A model that may see what others may not. `owner` is who said so."""

    __tablename__ = "trusted_models"
    fate: ClassVar[Fate] = "stays"

    model: Mapped[str] = mapped_column(String(256), unique=True)
