"""Settings: from TONEARM_* variables and one TOML file, checked as a whole. Nobody else reads the environment."""

from __future__ import annotations

import enum
import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args
from urllib.parse import SplitResult, unquote, urlsplit

import platformdirs
from aiohttp import web
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tonearm_api.errors import TonearmError

_PREFIX = "TONEARM_"
_CLIENT_NAMES = {"TONEARM_SERVER", "TONEARM_PROFILE", "TONEARM_TOKEN_FILE", "TONEARM_CONFIG_DIR"}
_FILE_NAME = "TONEARM_CONFIG"
_IN_A_FILE = "_FILE"
"""Ends the name of a variable that names a file with the secret in it, as container engines mount them."""

_GIB = 1024**3
_DEFAULT_PORTS = {"http": 80, "https": 443}
"""Left out of an origin, as browsers do (RFC 6454 §6.2)."""


_SMTP_PORTS = {"smtp": 587, "smtps": 465}
"""Of message submission: RFC 6409 §3.1, and RFC 8314 §7.3 with TLS from the first byte."""

_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""RFC 5321's mailbox without its quoted forms, which no server that sends mail is called by."""

_REDIS_SCHEMES = {"redis", "rediss"}

Network = IPv4Network | IPv6Network


class FaultyConfig(TonearmError):
    """Raised with every fault named; the program exits with 2."""

    code = "faulty_config"
    status = 500
    title = "The configuration is faulty"


class Registration(enum.StrEnum):
    """Who may make an account: holders of an invitation, anyone, or nobody."""

    INVITE = "invite"
    OPEN = "open"
    CLOSED = "closed"


class SecondFactors(enum.StrEnum):
    """Who has to sign in with a second factor to do what only they may."""

    ADMINS = "admins"
    NOBODY = "nobody"


class RateLimits(enum.StrEnum):
    """Whether strangers are slowed down. Off is for tests, on this machine alone."""

    ON = "on"
    OFF = "off"


class SMTPServer(NamedTuple):
    """Where mail is handed in. `is_tls` says that the connection begins with TLS; else STARTTLS may follow."""

    host: str
    port: int
    user: str | None
    password: str | None
    is_tls: bool


class Config(BaseSettings):
    """Every setting. Names in the environment are `TONEARM_` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    host: Annotated[str, Field(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 picks a free one")] = 8337
    data: Annotated[Path, Field(description="Folder for the database, the audio and the keys")] = Path(
        platformdirs.user_data_dir("tonearm")
    )
    database_url: Annotated[
        SecretStr | None, Field(description="PostgreSQL to use instead of SQLite: postgres://user:password@host/name")
    ] = None
    database_wait_s: Annotated[
        float, Field(ge=0, le=3600, description="Seconds that a start waits for PostgreSQL where it is not up yet")
    ] = 30
    public_url: Annotated[str | None, Field(description="The address under which people reach this server")] = None
    trusted_proxies: Annotated[
        tuple[Network, ...], NoDecode, Field(description="Addresses of proxies whose X-Forwarded-For is believed")
    ] = ()
    registration: Annotated[Registration, Field(description="Who may make an account")] = Registration.INVITE
    require_second_factor: Annotated[
        SecondFactors, Field(description="Who needs a second factor for what only they may do")
    ] = SecondFactors.ADMINS
    max_upload_bytes: Annotated[int, Field(ge=1, description="Largest file that an upload may have")] = 2 * _GIB
    min_free_bytes: Annotated[int, Field(ge=0, description="Disk space that uploads leave free")] = _GIB
    ffmpeg: Annotated[Path | None, Field(description="ffmpeg to use instead of the bundled one")] = None
    verifiers: Annotated[int, Field(ge=1, le=64, description="Uploads that are decoded at the same time")] = 2
    smtp_url: Annotated[
        SecretStr | None,
        Field(description="Server to send mail through: smtp://user:password@host:587, or smtps:// for TLS at once"),
    ] = None
    mail_from: Annotated[str, Field(validate_default=True, description="The address that mail comes from")] = ""
    redis_url: Annotated[
        SecretStr | None,
        Field(description="Redis that several servers count requests in together: redis://:password@host:6379/0"),
    ] = None
    rate_limits: Annotated[
        RateLimits, Field(description="Whether who asks too often has to wait; off is taken on loopback only")
    ] = RateLimits.ON
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much to log")] = "INFO"

    @property
    def postgres_url(self) -> str | None:
        """The address with its password: never for a log. None where SQLite is used."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def sends_mail(self) -> bool:
        """Whether mail leaves this machine. Else it is put into the data folder, for `tonearm server mail`."""
        return self.smtp_url is not None

    @property
    def smtp(self) -> SMTPServer | None:
        """Where mail is handed in, with the password: never for a log. None where no mail is sent."""
        return _smtp_server(self.smtp_url.get_secret_value()) if self.smtp_url else None

    @property
    def redis(self) -> str | None:
        """The address with its password: never for a log. None where every server counts for itself."""
        return self.redis_url.get_secret_value() if self.redis_url else None

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
                raise ValueError("give an address like postgres://user:password@host:5432/name")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not is_bare:
            raise ValueError("give scheme, host and port only, like https://music.example.org")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        shows_port = parts.port is not None and parts.port != _DEFAULT_PORTS[parts.scheme]
        return f"{parts.scheme}://{host}:{parts.port}" if shows_port else f"{parts.scheme}://{host}"

    @field_validator("smtp_url")
    @classmethod
    def _is_an_smtp_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _smtp_server(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_a_mail_address(cls, value: str, info: ValidationInfo) -> str:
        """Where none is given, the one that belongs to the public URL; without SMTP nobody can answer it anyway."""
        if value:
            if not _MAIL_ADDRESS.fullmatch(value):
                raise ValueError("give an address only, like music@example.org")
            return value
        host = urlsplit(info.data.get("public_url") or "").hostname or ""
        if _MAIL_ADDRESS.fullmatch(f"tonearm@{host}") and not is_address(host):
            return f"tonearm@{host}"
        if info.data.get("smtp_url") is not None:
            raise ValueError("say which address mail comes from, like music@example.org")
        return "tonearm@localhost"

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = _split(value.get_secret_value())
            if parts is None or parts.scheme not in _REDIS_SCHEMES or not parts.hostname:
                raise ValueError("give an address like redis://:password@host:6379/0")
        return value

    @field_validator("rate_limits")
    @classmethod
    def _are_off_among_ourselves_only(cls, value: RateLimits, info: ValidationInfo) -> RateLimits:
        reachable = [info.data.get("host"), urlsplit(info.data.get("public_url") or "//localhost").hostname]
        if value is RateLimits.OFF and not all(host and is_loopback(host) for host in reachable):
            raise ValueError("they can be off only where the server listens on loopback and has no public URL")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _are_networks(cls, value: object) -> tuple[Network, ...]:
        """The environment has one line for them all: `10.0.0.0/8, fd00::/8`; the file has a list."""
        given = value.split(",") if isinstance(value, str) else value
        if not isinstance(given, list | tuple):
            raise ValueError("give a list of addresses and networks")  # noqa: TRY004  # pydantic collects this one
        try:
            return tuple(ip_network(each.strip() if isinstance(each, str) else each) for each in given if each != "")
        except ValueError as error:
            raise ValueError(f"{error}: give addresses and networks, like 10.0.0.0/8, fd00::/8") from error

    @field_validator("ffmpeg")
    @classmethod
    def _is_a_program(cls, value: Path | None) -> Path | None:
        if value is not None and not os.access(value, os.X_OK):
            raise ValueError("there is no program at that path")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line over environment over file."""
        file = os.environ.get(_FILE_NAME)
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, Path(file))) if file else sources


CONFIG: web.AppKey[Config] = web.AppKey("config", Config)


def is_address(host: str) -> bool:
    """Whether the host is an IP address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name or address alone; nothing is looked up."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None where its host or port makes no sense."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _smtp_server(url: str) -> SMTPServer:
    """Raises ValueError without the address itself, which holds a password."""
    parts = _split(url)
    is_bare = parts is not None and parts.path in {"", "/"} and not (parts.query or parts.fragment)
    if parts is None or parts.scheme not in _SMTP_PORTS or not parts.hostname or not is_bare:
        raise ValueError("give an address like smtp://user:password@host:587; characters like @ : / as %40 %3A %2F")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("user and password belong together: give both, or none")
    return SMTPServer(
        host=parts.hostname,
        port=parts.port or _SMTP_PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=parts.scheme == "smtps",
    )


def load_config(**from_command_line: Any) -> Config:  # Any: pydantic checks the values
    """The settings, checked as a whole. Raises FaultyConfig that names every fault.

    Arguments that are None do not count as given.
    """
    given = {name: value for name, value in from_command_line.items() if value is not None}
    faults = [*_unknown_names(), *_missing_file()]
    for name in secret_fields():
        faults += _read_secret(name, given)
    try:
        config = Config(**given)
    except ValidationError as error:
        faults += [_fault(each["loc"], each["msg"]) for each in error.errors()]
    except ValueError as error:
        faults.append(f"{os.environ.get(_FILE_NAME)}: {error}")
    if faults:
        raise FaultyConfig("\n".join(faults))
    return config


def _fault(place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    return f"{_PREFIX}{name.upper()} ({name}): {message}"


def _unknown_names() -> list[str]:
    known = {_PREFIX + name.upper() for name in Config.model_fields} | _CLIENT_NAMES | {_FILE_NAME}
    known |= {_PREFIX + name.upper() + _IN_A_FILE for name in secret_fields()}
    strangers = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    return [f"{name}: there is no such setting" for name in strangers]


def _missing_file() -> list[str]:
    file = os.environ.get(_FILE_NAME)
    return [f"{_FILE_NAME}: there is no file at {file}"] if file and not Path(file).is_file() else []


def secret_fields() -> list[str]:
    """The settings that may be read from a file of their own."""
    fields = Config.model_fields.items()
    return [name for name, field in fields if SecretStr in (field.annotation, *get_args(field.annotation))]


def _read_secret(name: str, given: dict[str, Any]) -> list[str]:  # Any: pydantic checks the values
    """Put the content of the secret's file, where a variable names one, into `given`; returns what is wrong."""
    variable = _PREFIX + name.upper()
    path = os.environ.get(variable + _IN_A_FILE)
    if not path:
        return []
    if variable in os.environ:
        return [f"{variable}{_IN_A_FILE}: {variable} is set as well: keep one of them"]
    try:
        given[name] = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return [f"{variable}{_IN_A_FILE}: the file at {path} cannot be read"]
    return []
