"""Why a verdict is not simply "valid": stable codes, and what each means.

Codes go into reports and audit events; pages translate them. The order here is the order of
weight: the first reason of a signature is the one to show.
"""

MEANING = {
    # the file
    "not-a-pdf": "The file is not a PDF.",
    "encrypted": "The file is encrypted, so it cannot be checked.",
    "damaged": "The file is damaged and cannot be read safely.",
    "too-slow": "The check took too long and was stopped.",
    "too-large": "The check needed too much memory and was stopped.",
    "not-checked": "Signatures in files of this kind are not checked here.",
    "signature-removed": "A signature that an earlier state of the file had is gone.",
    # integrity
    "unreadable-signature": "The signature cannot be read.",
    "unsupported-format": "The signature has a format that is out of use or unknown.",
    "digest-mismatch": "What was signed is not what the file contains.",
    "signature-value": "The signature's value does not fit the signer's certificate.",
    "byte-range": "The signature does not cover the document as it should.",
    "container-changed": "The space around the signature was tampered with.",
    "changed-after-signing": "The document was changed after this signature.",
    "form-changed": "A form field was filled in or changed after this signature.",
    "against-permission": "A change was made that this signature forbids.",
    "trailing-bytes": "Something was appended after the end of the document.",
    # trust
    "revoked": "The certificate had been revoked.",
    "expired": "The certificate has expired, and no timestamp proves an earlier signature.",
    "not-yet-valid": "The certificate was not valid yet.",
    "unknown-issuer": "The certificate does not lead to an authority that we know.",
    "chain-invalid": "The chain of certificates does not hold.",
    "key-usage": "The certificate is not meant for signing.",
    "weak-algorithm": "An algorithm was used that is not, or no longer, allowed.",
    # form of the signature
    "no-signing-certificate": "The signature does not say, signed, which certificate it is by.",
    "not-canonical": "The signature is not encoded as the standard demands.",
    "embedded-certificate": "A certificate inside the signature is damaged.",
    "timestamp-broken": "The timestamp does not belong to this signature, or is damaged.",
    "timestamp-untrusted": "The timestamp is from a service that we do not know.",
    "older-format": "An older signature format, which does not name its certificate, signed.",
    "unknown-attribute": "The signature carries an addition whose meaning is not known.",
    "covered-later": "A signature that was added later stands on top of text.",
    "active-content": "The document contains scripts, so what it shows can depend on them.",
    "revocation-unchecked": "Whether the certificate was revoked could not be checked.",
}

_WEIGHT = {code: weight for weight, code in enumerate(MEANING)}


def ordered(codes: set[str]) -> tuple[str, ...]:
    """The reasons, worst first."""
    return tuple(sorted(codes, key=_WEIGHT.__getitem__))
