"""What a site may set about delivery: the sections `[outbox]` and `[broker]` of `station.toml`.

Passwords never stand in the settings file: they come from a file that only the station may read, or from an
environment variable.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync.errors import CredentialsUnreadable

JOIN_BYTES = 12_000
"""Events are joined into messages of up to this size, below the payload limit of small brokers."""

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class OutboxSettings(BaseModel):
    """How events are kept and how eagerly they are sent.

    Attributes:
        max_event_bytes: Size that one envelope may have; checked when the event is committed.
        window: Events that may be unanswered by the OMS at once.
        retention_days: How long settled events stay, so that an OMS restored from a backup can ask for them.
        join_bytes: Events that wait leave together in messages of up to this size, where the OMS takes
            several in one; 0: each leaves alone. The default is below the payload limit of small brokers.
        answer_timeout_s: An event without an answer for that long, with the OMS present, is sent again.
        retry_base_s: First delay after a `retry` without a time of its own, or a broker's refusal.
        retry_cap_s: Longest such delay; also the longest that a `not_before` of the OMS is believed.
        page_size: Events read from the database at once.
        quarantine_rows: Unusable received messages that are kept; the oldest go first.
        quarantine_bytes: Bytes kept of each.
        max_inbound_bytes: A larger received message is quarantined unread.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_event_bytes: int = Field(default=4096, ge=512, le=65_536)
    window: int = Field(default=500, ge=1, le=10_000)
    join_bytes: int = Field(default=JOIN_BYTES, ge=0, le=131_072)
    retention_days: int = Field(default=90, ge=1, le=3650)
    answer_timeout_s: Seconds = 60.0
    retry_base_s: Seconds = 2.0
    retry_cap_s: Seconds = 900.0
    page_size: int = Field(default=1000, ge=10, le=10_000)
    quarantine_rows: int = Field(default=1000, ge=1, le=100_000)
    quarantine_bytes: int = Field(default=4096, ge=0, le=1_048_576)
    max_inbound_bytes: int = Field(default=1_048_576, ge=4096, le=16_777_216)


class BrokerSettings(BaseModel):
    """Where the MQTT broker is, and how this station proves who it is.

    Attributes:
        host: Name or address.
        port: Usually 1883, or 8883 with TLS.
        tls: Encrypt the connection; implied by `ca_file`.
        ca_file: Certificates of the authorities that may vouch for the broker; the system's own where empty.
        cert_file: This station's certificate, where the broker asks for one.
        key_file: The private key to it.
        username: Name at the broker.
        password_file: A file whose first line is the password.
        password_env: An environment variable that holds the password.
        keepalive_s: A dead link is noticed after about one and a half of it.
        session_expiry_s: How long the broker keeps what arrived for us while we were away.
        connect_timeout_s: Longest wait for the connection to be made.
        reconnect_base_s: First mean delay between attempts; doubles with each failure, fully jittered.
        reconnect_cap_s: Longest mean delay between attempts.
        stable_after_s: Only a connection which lasted that long sets the delay back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=1883, ge=1, le=65_535)
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = Field(default=None, min_length=1, max_length=255)
    password_file: Path | None = None
    password_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    keepalive_s: int = Field(default=15, ge=2, le=3600)
    session_expiry_s: int = Field(default=7 * 86_400, ge=0, le=4_294_967_295)
    connect_timeout_s: Seconds = 5.0
    reconnect_base_s: Seconds = 1.0
    reconnect_cap_s: Seconds = 60.0
    stable_after_s: Seconds = 10.0

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: give both or none")
        if self.password_file is not None and self.password_env is not None:
            raise ValueError("give password_file or password_env, not both")
        if self.username is None and (self.password_file is not None or self.password_env is not None):
            raise ValueError("a password needs a username")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.tls or self.ca_file is not None or self.cert_file is not None

    def read_password(self, environment: Mapping[str, str] = os.environ) -> str | None:
        """The password, from its file or the environment; None where none is configured.

        Raises:
            CredentialsUnreadable: the file can't be read, is empty, or the variable is not set.
        """
        if self.password_file is not None:
            try:
                lines = self.password_file.read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise CredentialsUnreadable("password_file", str(error)) from error
            if not lines or not lines[0]:
                raise CredentialsUnreadable("password_file", f"{self.password_file} is empty")
            return lines[0]
        if self.password_env is not None:
            password = environment.get(self.password_env)
            if not password:
                raise CredentialsUnreadable("password_env", f"the variable {self.password_env} is not set")
            return password
        return None
