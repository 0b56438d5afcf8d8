"""The one error tree: class <-> code <-> HTTP status. Knows neither HTTP library nor program.

Services raise these, the server writes them as RFC 9457 problem documents, the client raises the same
class again. Codes are API: adding one is fine, renaming one breaks clients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import msgspec

FaultPlace = Literal["body", "query", "path", "header"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, rename={"place": "in"}):
    """One thing wrong with a request: where it is (a JSON pointer, RFC 6901) and what it is."""

    place: FaultPlace
    pointer: str
    code: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error as it travels: `application/problem+json` of RFC 9457 with a stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    errors: list[Fault] = []


class TonearmError(Exception):
    """The root. `detail` tells a person what to do next and holds no secret, path or SQL."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str = "",
        *,
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.faults = faults
        self.headers = dict(headers or {})


class BadRequest(TonearmError):
    code = "bad_request"
    status = 400
    title = "The request could not be read"


class Invalid(TonearmError):
    code = "invalid"
    status = 422
    title = "The request has faulty fields"


class WeakPassword(Invalid):
    code = "weak_password"
    title = "That password is too easy to guess"


class Unauthenticated(TonearmError):
    code = "unauthenticated"
    status = 401
    title = "Sign in first"


class WrongCredentials(Unauthenticated):
    code = "wrong_credentials"
    title = "E-mail or password is wrong"


class SecondFactorNeeded(Unauthenticated):
    code = "second_factor_needed"
    title = "This account has a second factor: send its code as well"


class MailCodeNeeded(SecondFactorNeeded):
    code = "mail_code_needed"
    title = "This account confirms each sign-in by mail: ask for a code and send it as well"


class WrongCode(Unauthenticated):
    code = "wrong_code"
    title = "That code is wrong, has been used or has expired"


class SessionEnded(Unauthenticated):
    code = "session_ended"
    title = "This session has ended: sign in again"


class Forbidden(TonearmError):
    code = "forbidden"
    status = 403
    title = "That is not yours to change"


class CrossSite(Forbidden):
    code = "cross_site"
    title = "The request came from another site"


class StepUpRequired(Forbidden):
    code = "step_up_required"
    title = "Confirm that it is you: give your password again"


class FactorRequired(Forbidden):
    code = "factor_required"
    title = "Administrators need a second factor here: set one up first"


class SignUpClosed(Forbidden):
    code = "signup_closed"
    title = "This server takes new accounts by invitation only"


class NotFound(TonearmError):
    code = "not_found"
    status = 404
    title = "There is nothing here"


class MethodNotAllowed(TonearmError):
    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"


class Conflict(TonearmError):
    code = "conflict"
    status = 409
    title = "That exists already"


class LastAdministrator(Conflict):
    code = "last_administrator"
    title = "The server would have no administrator left"


class WrongOffset(Conflict):
    code = "wrong_offset"
    title = "The upload stands at another offset: ask for it and go on from there"


class TooManyUploads(Conflict):
    code = "too_many_uploads"
    title = "Too many uploads are unfinished: finish or end one first"


class Gone(TonearmError):
    code = "gone"
    status = 410
    title = "That link has been used or has expired"


class UnsupportedVersion(TonearmError):
    code = "unsupported_version"
    status = 412
    title = "This server speaks tus 1.0.0: send Tus-Resumable: 1.0.0"


class TooSlow(TonearmError):
    code = "too_slow"
    status = 408
    title = "The body came too slowly or not at all; send it again"


class TooLarge(TonearmError):
    code = "too_large"
    status = 413
    title = "That is larger than this server takes"


class UnsupportedMediaType(TonearmError):
    code = "unsupported_media_type"
    status = 415
    title = "The body is of a type that this address does not take"


class RangeNotSatisfiable(TonearmError):
    code = "range_not_satisfiable"
    status = 416
    title = "The range lies beyond the end"


class Misdirected(TonearmError):
    code = "misdirected"
    status = 421
    title = "This server does not answer for that host"


class Locked(TonearmError):
    code = "locked"
    status = 423
    title = "Another request is sending to this upload: try again in a moment"


class RateLimited(TonearmError):
    code = "rate_limited"
    status = 429
    title = "Too many requests: wait a moment"


class WrongChecksum(TonearmError):
    code = "wrong_checksum"
    status = 460
    title = "The bytes are not those of the checksum: send them again"


class RefusedFile(TonearmError):
    """The root of refused uploads; the class says why a file cannot become a track."""

    code = "refused_file"
    status = 422
    title = "This file cannot become a track"


class EmptyFile(RefusedFile):
    code = "empty_file"
    title = "The file is empty"


class UnknownFormat(RefusedFile):
    code = "unknown_format"
    status = 415
    title = "The file is not MP3, FLAC, Ogg Vorbis, Opus, M4A or WAV"


class PlaylistFile(RefusedFile):
    code = "playlist"
    status = 415
    title = "The file is a playlist, not audio"


class BrokenContainer(RefusedFile):
    code = "broken_container"
    title = "The file's structure is damaged"


class TruncatedAudio(RefusedFile):
    code = "truncated"
    title = "The file ends before the length that it declares"


class TagLimits(RefusedFile):
    code = "tag_limits"
    title = "The file's tags are larger than any honest file's"


class Undecodable(RefusedFile):
    code = "undecodable"
    title = "The audio in the file cannot be decoded"


class Internal(TonearmError):
    code = "internal"
    title = "The server made a mistake; it has been logged"


class Unavailable(TonearmError):
    code = "unavailable"
    status = 503
    title = "The server cannot do that right now: try again later"


class Unreachable(Unavailable):
    """Raised by the client alone: no answer came from the server."""

    code = "unreachable"
    title = "The server cannot be reached"


class OutOfSpace(TonearmError):
    code = "out_of_space"
    status = 507
    title = "The server has no room for that"


def why_refused(reason: str | None) -> str:
    """The sentence for a rejected track's `reason`, which is the code of a refusal."""
    return next((kind.title for kind in all_errors() if kind.code == reason), RefusedFile.title)


def all_errors() -> Iterator[type[TonearmError]]:
    """Every class of the tree, parents first. A program's own errors, which never travel, are not among them."""

    def below(parent: type[TonearmError]) -> Iterator[type[TonearmError]]:
        yield parent
        for child in parent.__subclasses__():
            if child.__module__ == __name__:
                yield from below(child)

    return below(TonearmError)


def error_from_problem(problem: Problem, *, headers: Mapping[str, str] | None = None) -> TonearmError:
    """The error that `problem` describes; an unknown code falls back on the class of its status."""
    classes = list(all_errors())
    named = [c for c in classes if c.code == problem.code]
    similar = [c for c in classes if c.status == problem.status]
    chosen = (named or similar or [TonearmError])[0]
    return chosen(problem.detail, faults=tuple(problem.errors), headers=headers)
