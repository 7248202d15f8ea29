"""Who vouches for a model package: an Ed25519 signature over its manifest.

The manifest names the digest of the weights and of each reference picture, so its signature covers them. A
station takes a package in only where one of the keys that its settings trust has signed it. A package that
comes with the program is as trusted as the program.

Signed is `darkstore model manifest v1`, a line feed, and the bytes of `manifest.json` (RFC 8032, pure
Ed25519).
"""

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import KeyUnusable, SignatureMissing, SignatureWrong, SignerUnknown
from models.manifest import MANIFEST_FILE

SIGNATURE_FILE = "manifest.sig"
PURPOSE = b"darkstore model manifest v1\n"
MAX_SIGNATURE_BYTES = 4096


class _Signature(BaseModel):
    """Contents of `manifest.sig`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[0-9a-f]{16}$")
    signature: str = Field(min_length=88, max_length=88)


def key_id(key: Ed25519PublicKey) -> str:
    """Names a key: the first 16 hexadecimal digits of its SHA-256."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def make_key(private_file: Path) -> str:
    """Make a key pair: the private key readable by its owner alone, the public one beside it as `….pub`.

    Returns:
        The key's name.

    Raises:
        KeyUnusable: The files can't be written, or are there already.
    """
    private = Ed25519PrivateKey.generate()
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        handle = os.open(private_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        with Path(f"{private_file}.pub").open("xb") as file:
            file.write(public)
    except OSError as error:
        raise KeyUnusable(
            f"{private_file} can't be made ({error.strerror}); no key is overwritten."
        ) from error
    return key_id(private.public_key())


def sign_package(folder: Path, private_file: Path) -> str:
    """Sign a package's manifest; returns the key's name.

    Raises:
        KeyUnusable: The key file can't be read or holds no Ed25519 private key.
        SignatureMissing: The manifest can't be read, or the signature not written.
    """
    try:
        key = serialization.load_pem_private_key(private_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(f"{private_file} is no private key that can be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{private_file} holds another kind of key; an Ed25519 key is needed.")
    try:
        signature = key.sign(PURPOSE + (folder / MANIFEST_FILE).read_bytes())
        signed = _Signature(key=key_id(key.public_key()), signature=base64.b64encode(signature).decode())
        (folder / SIGNATURE_FILE).write_text(signed.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise SignatureMissing(f"{folder} can't be signed: {error}") from error
    return signed.key


def read_public_keys(files: Sequence[Path]) -> list[Ed25519PublicKey]:
    """The keys that a station trusts.

    Raises:
        KeyUnusable: A file can't be read or holds no Ed25519 public key.
    """
    keys = []
    for path in files:
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise KeyUnusable(
                f"[model] trusted_keys: {path} is no public key that can be read ({error})."
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyUnusable(f"[model] trusted_keys: {path} holds another kind of key than Ed25519.")
        keys.append(key)
    return keys


def verify_signature(folder: Path, trusted: Sequence[Ed25519PublicKey]) -> str:
    """Check that a trusted key has signed a package's manifest; returns the key's name.

    Raises:
        SignatureMissing: There is no signature, or it is none.
        SignerUnknown: Another key has signed it.
        SignatureWrong: The manifest is not the one that was signed.
    """
    signed = _read_signature(folder)
    key = next((one for one in trusted if key_id(one) == signed.key), None)
    if key is None:
        known = ", ".join(key_id(one) for one in trusted) or "none"
        raise SignerUnknown(
            f"Model package {folder.name} is signed with the key {signed.key}, which this station does "
            f"not trust (trusted: {known}). If you trust it, put its public key into [model] trusted_keys."
        )
    try:
        key.verify(base64.b64decode(signed.signature), PURPOSE + (folder / MANIFEST_FILE).read_bytes())
    except (InvalidSignature, OSError, ValueError) as error:
        raise SignatureWrong(
            f"The manifest of model package {folder.name} is not the one that {signed.key} signed: it was "
            "changed or damaged. It is not used; get the package again from who built it."
        ) from error
    return signed.key


def _read_signature(folder: Path) -> _Signature:
    path = folder / SIGNATURE_FILE
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SIGNATURE_BYTES + 1)
    except FileNotFoundError as error:
        raise SignatureMissing(
            f"Model package {folder.name} is not signed ({SIGNATURE_FILE} is missing), so nobody vouches for "
            "it. Ask who built it for a signed one, or sign it yourself: darkstore model sign."
        ) from error
    except OSError as error:
        raise SignatureMissing(f"{path} can't be read ({error.strerror}).") from error
    try:
        return _Signature.model_validate(json.loads(text))
    except (ValueError, ValidationError, RecursionError) as error:
        raise SignatureMissing(f"{path} is no signature: get the package again from who built it.") from error
