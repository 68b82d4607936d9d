"""TLS at the router's edge: the certificate in a file of its own, plain HTTP led over to it."""

from __future__ import annotations

from pathlib import Path

from portico.router.xds import Json, discovery, extension, typed, watched

NAME = "certificate"
_TLS = "extensions.transport_sockets.tls.v3."


def certificate_document(chain: str, key: str) -> Json:
    """`tls.json`: taken while the router runs; connections that are open keep the one before."""
    certificate = {
        "certificate_chain": {"inline_string": chain},
        "private_key": {"inline_string": key},
    }
    return discovery([typed(f"{_TLS}Secret", name=NAME, tls_certificate=certificate)])


def transport_socket(certificate_file: Path) -> Json:
    secret = {"name": NAME, "sds_config": watched(str(certificate_file))}
    return extension(
        "envoy.transport_sockets.tls",
        f"{_TLS}DownstreamTlsContext",
        common_tls_context={
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificate_sds_secret_configs": [secret],
        },
    )


def redirecting(public_port: int) -> Json:
    """The one route of the listener for plain HTTP; the method stays."""
    redirect = {
        "https_redirect": True,
        "port_redirect": public_port,
        "response_code": "TEMPORARY_REDIRECT",
    }
    route = {"match": {"prefix": "/"}, "redirect": redirect}
    return {"virtual_hosts": [{"name": "plain", "domains": ["*"], "routes": [route]}]}
