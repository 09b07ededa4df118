"""How long an algorithm may be relied on, for planning the renewal of archive timestamps.

The dates are when to have renewed at the latest, not when anything is known to break. ETSI TS 119
312 gives such dates some years ahead and is revised about every second year, hence the horizon:
nothing is planned further than that, whatever the algorithm.
"""

from datetime import UTC, datetime, timedelta

from asn1crypto import keys, x509

HORIZON = timedelta(days=3 * 365)

_OUT_OF_USE = datetime(2010, 1, 1, tzinfo=UTC)
_PASSING = datetime(2029, 1, 1, tzinfo=UTC)
_DIGESTS = {"md5": _OUT_OF_USE, "sha1": _OUT_OF_USE, "sha224": _PASSING}
# Family of keys, and up to which size (bits, exclusive) a date holds.
_KEYS = {
    "rsa": ((1900, _OUT_OF_USE), (3000, _PASSING)),
    "dsa": ((2048, _OUT_OF_USE), (3072, _PASSING)),
    "ec": ((224, _OUT_OF_USE), (256, _PASSING)),
}


def digest_until(name: str) -> datetime | None:
    """Until when a digest (ASN.1 name) may be relied on; None where no date is set."""
    return _DIGESTS.get(name)


def key_until(certificate: x509.Certificate) -> datetime | None:
    """Until when signatures by this certificate's key may be relied on."""
    public: keys.PublicKeyInfo = certificate.public_key
    for bits, until in _KEYS.get(public.algorithm, ()):
        if public.bit_size < bits:
            return until
    return None
