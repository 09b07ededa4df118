"""Requests to certification authorities, for revocation data only.

Never for certificates: their addresses come out of the document, from whoever made it.
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache

import aiohttp
from asn1crypto import x509
from pyhanko_certvalidator.fetchers import CertificateFetcher, Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend


@asynccontextmanager
async def fetchers(*, seconds: float) -> AsyncIterator[Fetchers]:
    """OCSP and CRL fetchers that wait so long per request; closed at the end."""
    connector = aiohttp.TCPConnector(ssl=_trusted_servers())
    async with aiohttp.ClientSession(connector=connector, trust_env=True) as session:
        backend = AIOHttpFetcherBackend(session, per_request_timeout=seconds)
        yield replace(backend.get_fetchers(), cert_fetcher=_NoCertificates())


@cache
def _trusted_servers() -> ssl.SSLContext:
    # Reading the machine's certificates takes 25 ms: as much as a signature.
    return ssl.create_default_context()


class _NoCertificates(CertificateFetcher):
    """Fetches nothing."""

    async def fetch_cert_issuers(self, cert: object) -> AsyncGenerator[x509.Certificate, None]:
        return
        yield

    async def fetch_crl_issuers(
        self, certificate_list: object
    ) -> AsyncGenerator[x509.Certificate, None]:
        return
        yield

    def fetched_certs(self) -> Iterable[x509.Certificate]:
        return ()
