"""A certificate made at run time, for a server that no client trusts unless it is told to."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TlsFiles:
    """The server's chain with its key, and the authority a client must be given to trust it."""

    chain: Path
    authority: Path

    @classmethod
    def make(cls, folder: Path) -> "TlsFiles":
        """A fresh authority and a certificate for 127.0.0.1 and localhost, written into that folder."""
        import trustme  # only a server with TLS needs it; the rest of the lab runs without

        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1", "localhost")
        files = cls(folder / "server.pem", folder / "authority.pem")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(files.chain))
        authority.cert_pem.write_to_path(str(files.authority))
        return files

    def server_context(self) -> ssl.SSLContext:
        """The context a server wraps its connections in."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context
