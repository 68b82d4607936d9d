from pathlib import Path

import pytest

from portico.errors import PorticoError
from portico.supervisor.options import default_data, resolve


def test_without_a_word_it_listens_on_loopback(tmp_path: Path):
    options = resolve(tmp_path, None, None, {})
    assert options.listen.listen == "127.0.0.1:8000"
    assert options.url == "http://127.0.0.1:8000"


def test_the_command_line_goes_over_the_environment_over_the_file(tmp_path: Path):
    (tmp_path / "portico.toml").write_text('listen = "127.0.0.1:1"\nurl = "http://file.test/"\n')
    environ = {"PORTICO_LISTEN": "127.0.0.1:2", "PORTICO_URL": "http://environment.test"}
    assert resolve(tmp_path, None, None, {}).listen.port == 1
    assert resolve(tmp_path, None, None, {}).url == "http://file.test"
    assert resolve(tmp_path, None, None, environ).listen.port == 2
    assert resolve(tmp_path, None, None, environ).url == "http://environment.test"
    told = resolve(tmp_path, "127.0.0.1:3", "http://told.test", environ)
    assert (told.listen.port, told.url) == (3, "http://told.test")


def test_the_data_folder_is_meant_wherever_links_lead(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert resolve(tmp_path / "link", None, None, {}).data == tmp_path.resolve() / "real"


def test_the_environment_may_name_the_data_folder():
    assert default_data({"PORTICO_DATA": "/srv/portico"}) == Path("/srv/portico")


def test_a_broken_settings_file_is_explained(tmp_path: Path):
    file = tmp_path / "portico.toml"
    file.write_text("listen = ")
    with pytest.raises(PorticoError) as caught:
        resolve(tmp_path, None, None, {})
    assert str(caught.value) == (
        "The settings file cannot be read.\n"
        f"{file}: Invalid value (at end of document).\n"
        "Correct the file, or move it away to go on with the defaults."
    )


def test_with_a_certificate_the_address_is_https(tmp_path: Path):
    told = {"tls_cert": "chain.pem", "tls_key": "/etc/key.pem", "redirect_from": "127.0.0.1:80"}
    options = resolve(tmp_path, "127.0.0.1:443", None, {}, **told)
    assert options.url == "https://127.0.0.1"
    assert options.tls is not None
    assert options.tls.certificate == tmp_path / "chain.pem"
    assert options.tls.key == Path("/etc/key.pem")
    assert [address.port for address in options.addresses] == [443, 80]


@pytest.mark.parametrize(("name", "missing"), [("tls_cert", "key"), ("tls_key", "certificate")])
def test_a_certificate_needs_its_key(tmp_path: Path, name: str, missing: str):
    with pytest.raises(PorticoError) as caught:
        resolve(tmp_path, None, None, {f"PORTICO_{name.upper()}": "file.pem"})
    assert caught.value.as_dict() == {
        "title": "TLS needs a certificate and its key.",
        "detail": f"The {missing} is missing.",
        "hint": "Name both files: --tls-cert FILE --tls-key FILE.",
    }
