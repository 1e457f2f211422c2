"""Basic and digest authentication of RTSP requests (RFC 7617, RFC 7616), both sides.

MD5 is here because cameras speak nothing else; it protects no secret of ours.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

from msgspec import Struct

# A name begins where a word does and is short: else one long word costs the square of its length, and all wait.
_PARAMETER = re.compile(r'(?<!\w)(\w{1,32})=(?:"([^"]*)"|([^\s,]+))')
_MAX_LETTERS = 4_096
_MAX_CHALLENGES = 16
"""What is looked at of one header, and how many of them; real ones are a tenth of that."""
_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


class Credentials(Struct, frozen=True):
    """A user name and a password; its repr shows neither."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


class Challenge(Struct, frozen=True):
    """What a server asks for. `scheme` is "basic" or "digest"; the rest is for digest.

    `stale`: the answer was right, but for a nonce that is no longer taken.
    """

    scheme: str
    realm: str
    nonce: str = ""
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""
    stale: bool = False


def parse_challenge(header: str) -> Challenge | None:
    """The strongest challenge that we can answer, or None. Several header lines are joined by newlines."""
    lines = header.split("\n")[:_MAX_CHALLENGES]
    known = [challenge for line in lines if (challenge := _one_challenge(line)) is not None]
    strength = {"SHA-256": 2, "MD5": 1, "": 0}
    return max(known, key=lambda c: strength[c.algorithm if c.scheme == "digest" else ""], default=None)


def authorization(
    challenge: Challenge, credentials: Credentials, method: str, url: str, count: int = 1, client_nonce: str = ""
) -> str:
    """The Authorization header that answers a challenge. `client_nonce` is needed where qop is offered."""
    if challenge.scheme == "basic":
        pair = f"{credentials.user}:{credentials.password}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"
    qop = "auth" if "auth" in challenge.qop.split(",") else ""
    response = _digest(challenge, credentials, method, url, qop, f"{count:08x}", client_nonce)
    fields = [
        f'username="{credentials.user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{url}"',
        f'response="{response}"',
        f"algorithm={challenge.algorithm}",
    ]
    if qop:
        fields += [f"qop={qop}", f"nc={count:08x}", f'cnonce="{client_nonce}"']
    if challenge.opaque:
        fields.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(fields)


def is_authorized(header: str, challenge: Challenge, credentials: Credentials, method: str) -> bool:
    """The server's side: whether an Authorization header answers this challenge for these credentials."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != challenge.scheme:
        return False
    if challenge.scheme == "basic":
        _, _, expected = authorization(challenge, credentials, method, "").partition(" ")
        return hmac.compare_digest(rest.strip().encode(), expected.encode())
    given = _parameters(rest)
    if given.get("nonce") != challenge.nonce or given.get("username") != credentials.user:
        return False
    expected = _digest(
        challenge,
        credentials,
        method,
        given.get("uri", ""),
        given.get("qop", ""),
        given.get("nc", ""),
        given.get("cnonce", ""),
    )
    return hmac.compare_digest(given.get("response", "").encode(), expected.encode())


def challenge_header(challenge: Challenge) -> str:
    """The WWW-Authenticate header of a challenge."""
    if challenge.scheme == "basic":
        return f'Basic realm="{challenge.realm}"'
    qop = f', qop="{challenge.qop}"' if challenge.qop else ""
    stale = ", stale=true" if challenge.stale else ""
    return f'Digest realm="{challenge.realm}", nonce="{challenge.nonce}", algorithm={challenge.algorithm}{qop}{stale}'


def _one_challenge(line: str) -> Challenge | None:
    scheme, _, rest = line.strip().partition(" ")
    given = _parameters(rest)
    if scheme.lower() == "basic":
        return Challenge("basic", given.get("realm", ""))
    algorithm = given.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or algorithm not in _HASHES or "nonce" not in given:
        return None
    return Challenge(
        "digest",
        given.get("realm", ""),
        given["nonce"],
        algorithm,
        given.get("qop", "").replace(" ", ""),
        given.get("opaque", ""),
        given.get("stale", "").lower() == "true",
    )


def _parameters(text: str) -> dict[str, str]:
    """The first of each name: what follows on the same line may be another challenge's."""
    return {name.lower(): quoted or bare for name, quoted, bare in reversed(_PARAMETER.findall(text[:_MAX_LETTERS]))}


def _digest(
    challenge: Challenge, credentials: Credentials, method: str, url: str, qop: str, count: str, client_nonce: str
) -> str:
    digest = _HASHES[challenge.algorithm]
    secret = digest(f"{credentials.user}:{challenge.realm}:{credentials.password}".encode())
    request = digest(f"{method}:{url}".encode())
    middle = f"{challenge.nonce}:{count}:{client_nonce}:{qop}" if qop else challenge.nonce
    return digest(f"{secret}:{middle}:{request}".encode())
