"""Values of `format` and the patterns that hold a text to them.

Stricter than the standards where readers differ: no leap seconds, capital T and Z,
no quoted e-mail names, years from 1000.
"""

from __future__ import annotations

_YEAR = "[1-9][0-9]{3}"
_LEAP = "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
_DATE = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29)"
)
_TIME = (
    "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
    "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Four labels at most, so that no name is longer than the 253 characters of RFC 1035.
_HOST = f"{_LABEL}(?:\\.{_LABEL}){{0,2}}"
_WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}"
_H16 = "[0-9A-Fa-f]{1,4}"
_HEX = "[0-9A-Fa-f]"
_URL_CHAR = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_SPAN = "(?:[0-9]{1,4}H(?:[0-9]{1,4}M(?:[0-9]{1,4}S)?)?|[0-9]{1,4}M(?:[0-9]{1,4}S)?|[0-9]{1,4}S)"
_DAYS = "(?:[0-9]{1,4}Y(?:[0-9]{1,4}M(?:[0-9]{1,4}D)?)?|[0-9]{1,4}M(?:[0-9]{1,4}D)?|[0-9]{1,4}D)"

_UUID = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_IPV6 = "|".join(
    [
        f"(?:{_H16}:){{7}}{_H16}",
        *(
            f"{_H16}(?::{_H16}){{{before - 1}}}::(?:{_H16}(?::{_H16}){{0,{6 - before}}})?"
            for before in range(1, 7)
        ),
        f"(?:{_H16}:){{7}}:",
        f"::(?:{_H16}(?::{_H16}){{0,6}})?",
    ]
)
_URI = (
    "[A-Za-z][A-Za-z0-9+.-]{0,15}:"
    f"(?://(?:{_HOST}|{_BYTE}(?:\\.{_BYTE}){{3}})(?::[0-9]{{1,4}})?(?:/{_URL_CHAR}*)*|{_URL_CHAR}+)"
    f"(?:\\?(?:{_URL_CHAR}|[/?])*)?(?:#(?:{_URL_CHAR}|[/?])*)?"
)

PATTERNS = {
    "date": f"^{_DATE}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": f"^P(?:{_DAYS}(?:T{_SPAN})?|T{_SPAN}|[0-9]{{1,4}}W)$",
    "email": f"^{_WORD}(?:\\.{_WORD}){{0,2}}@{_HOST}$",
    "hostname": f"^{_HOST}$",
    "ipv4": f"^{_BYTE}(?:\\.{_BYTE}){{3}}$",
    "ipv6": f"^(?:{_IPV6})$",
    "uri": f"^{_URI}$",
    "uuid": f"^{_UUID}$",
}
