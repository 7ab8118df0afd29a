"""Where answers may be sent to: whoever gets them gets our token, too."""

import fnmatch
import re
from urllib.parse import urlsplit

from bot.settings import TeamsSettings

# Of other addresses, requests may see another host than urlsplit does: it ends one at a backslash.
_PLAIN_URL = re.compile(r"https?://[a-z0-9\[][a-z0-9.:\[\]-]*(/[!-\[\]-~]*)?", re.IGNORECASE | re.ASCII)


def is_trusted(service_url: str, account: TeamsSettings) -> bool:
    """Whether a service URL is one of Microsoft's, as the settings name them, and reached with TLS."""
    if not _PLAIN_URL.fullmatch(service_url):
        return False
    try:
        parts = urlsplit(service_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if host in ("127.0.0.1", "localhost", "::1"):
        # Nothing of Microsoft's is here: only when developing, or when a test names the host.
        return account.unauthenticated or host in account.service_hosts
    return parts.scheme == "https" and any(fnmatch.fnmatchcase(host, pattern) for pattern in account.service_hosts)
